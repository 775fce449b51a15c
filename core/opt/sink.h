/* Moves SETs of tracked slots that only instructions which may leave can see (flags, mostly) from
 * the end of a block to the begin of the one that follows, where `dead` makes snapshot entries of
 * them. For that the value must be one that can be computed again from slots. A block that is
 * reached from one place only, and the turns of a loop after its first one, take such SETs: the
 * latter as a second copy of the loop's header. */
#ifndef CORE_OPT_SINK_H
#define CORE_OPT_SINK_H

struct guest_ops;
struct ir_region;

void opt_sink(struct ir_region *region, const struct guest_ops *guest);

#endif
