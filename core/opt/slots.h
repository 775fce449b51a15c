/* Within each block, replaces GETs of slots whose value is known, and drops SETs of what is
 * there. */
#ifndef CORE_OPT_SLOTS_H
#define CORE_OPT_SLOTS_H

struct guest_ops;
struct ir_region;

void opt_slots(struct ir_region *region, const struct guest_ops *guest);
/* The same where no `fold` follows: leaves no COPY behind that is used. */
void opt_slots_alone(struct ir_region *region, const struct guest_ops *guest);

#endif
