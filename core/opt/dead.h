/* Removes what nothing reads: values, and SETs of tracked slots across the region, some of them by
 * snapshots and by moving them to the edge that needs them. */
#ifndef CORE_OPT_DEAD_H
#define CORE_OPT_DEAD_H

struct guest_ops;
struct ir_region;

void opt_dead(struct ir_region *region, const struct guest_ops *guest);

#endif
