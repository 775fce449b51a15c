/* Within each block, computes the same pure thing once. */
#ifndef CORE_OPT_CSE_H
#define CORE_OPT_CSE_H

struct guest_ops;
struct ir_region;

void opt_cse(struct ir_region *region, const struct guest_ops *guest);

#endif
