/* Instructions of the page that is being translated, in either ISA mode. */
#ifndef TARGETS_MIPS_FETCH_H
#define TARGETS_MIPS_FETCH_H

#include "targets/mips/translate.h"

struct mips_fetched {
    uint32_t word;   /* MIPS16e: 16 bits, or the first halfword in the upper ones */
    unsigned length; /* 2 or 4 */
};

bool mips_in_page(const struct mips_translation *t, uint32_t pc);

/* The instruction at pc, without the ISA bit; false if a part of it is in the next page, which
 * cannot be fetched. Its length is right in either case. */
bool mips_fetch(const struct mips_translation *t, uint32_t pc, struct mips_fetched *fetched);
/* False for a Reserved Instruction. */
bool mips_decode(const struct mips_translation *t, const struct mips_fetched *fetched,
                 struct decode_insn *insn);
/* Whether the instruction, with its delay slot if it has one, reaches into the next page: it is a
 * region of its own then. */
bool mips_crosses_page(const struct mips_translation *t, uint32_t pc);

/* guest_region_find_heads() from t->pc on. */
void mips_find_heads(const struct mips_translation *t);

#endif
