/* Makes the blocks of a region fewer and larger: turns short branches over a few simple operations
 * into selections, appends blocks that are reached from one place only, and leaves polls at the
 * headers of loops alone. */
#ifndef CORE_OPT_FLOW_H
#define CORE_OPT_FLOW_H

struct guest_ops;
struct ir_region;

void opt_flow(struct ir_region *region, const struct guest_ops *guest);

#endif
