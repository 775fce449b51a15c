/* Folds constants, applies identities and resolves copies, by building the region anew. */
#ifndef CORE_OPT_FOLD_H
#define CORE_OPT_FOLD_H

struct guest_ops;
struct ir_region;

void opt_fold(struct ir_region *region, const struct guest_ops *guest);

#endif
