/* What the MIPS translators share: one file per group of instructions of MD00086 adds rows and
 * handlers, all built on these. */
#ifndef TARGETS_MIPS_TRANSLATE_H
#define TARGETS_MIPS_TRANSLATE_H

#include "core/decode/decode.h"
#include "core/ir/ir.h"
#include "targets/mips/cpu.h"
#include "targets/mips/frontend.h"

#define MIPS_OFF(member) offsetof(struct mips_cpu, member)

/* Row flags (struct decode_row). */
enum mips_row_flag {
    MIPS_ROW_BRANCH = 1 << 0, /* has a delay slot; in one itself it is a Reserved Instruction */
    /* Begins IR blocks of its own: in a delay slot, what the branch needs afterwards is kept in
     * slots. */
    MIPS_ROW_BLOCKS = 1 << 1,
    MIPS_ROW_COMPACT = 1 << 2, /* branches without delay slot; likewise reserved in one */
};

/* A branch whose delay slot is about to be translated. */
enum mips_branch_kind {
    MIPS_BRANCH_NONE,
    MIPS_BRANCH_TO,       /* always, to a constant */
    MIPS_BRANCH_IF,       /* if value `taken` is nonzero, to a constant */
    MIPS_BRANCH_REGISTER, /* to value `to` */
};
struct mips_branch {
    enum mips_branch_kind kind;
    bool likely;        /* the delay slot belongs to the way that is taken */
    enum ir_hint hint;  /* CALL: the link register has been set by the handler */
    uint32_t taken, to; /* values */
    uint32_t target;    /* constant, with the ISA bit */
    uint32_t link;      /* hint CALL: where the call returns to, with the ISA bit */
};

/* One guest block being translated. */
struct mips_translation {
    struct ir_region *ir;
    struct guest_region *region;
    const struct guest_code *code;
    const struct mips_cpu *cpu; /* for constants of model and machine only */
    uint32_t features;          /* enum mips_feature */
    uint32_t mode;              /* enum mips_translation_mode */
    bool big;                   /* big-endian */
    bool alone;  /* the block may not join others of its region (it crosses into the next page) */
    bool mips16; /* ISA mode */
    uint32_t pc; /* address of the current instruction, without the ISA bit */
    unsigned length;      /* of it: 4; MIPS16e: 2 or 4 */
    unsigned slot_length; /* of the delay slot, if it is a branch and has one; else 0 */
    uint32_t delay;       /* bytes from its branch, if it is in a delay slot; else 0 */
    struct mips_branch branch;
    bool leave; /* mips_leave_next() was called for the current instruction */
    bool ended; /* the current (internal) block has got its ending */
};

/* ---- registers ------------------------------------------------------------------------------- */
uint32_t mips_reg(struct mips_translation *t, unsigned n);                 /* r0 is a constant 0 */
void mips_reg_set(struct mips_translation *t, unsigned n, uint32_t value); /* r0: nothing */

/* ---- branches: recorded here, done by the driver behind the delay slot ----------------------- */
void mips_branch_to(struct mips_translation *t, uint32_t target, enum ir_hint hint);
/* `likely`: nullifies the delay slot if it is not taken. */
void mips_branch_if(struct mips_translation *t, uint32_t taken, uint32_t target, bool likely);
void mips_branch_register(struct mips_translation *t, uint32_t to, enum ir_hint hint);
/* Address behind the delay slot, if there is one, with the ISA bit: what links hold. */
uint32_t mips_link_pc(const struct mips_translation *t);
/* Address of the next instruction, with the ISA bit. */
uint32_t mips_next_pc(const struct mips_translation *t);

/* ---- ends of a block ------------------------------------------------------------------------- */
/* The instruction changes what translations depend on, or the address space: afterwards the block
 * ends by a LEAVE to the next instruction (or where the branch leads). */
void mips_leave_next(struct mips_translation *t);
/* The same if value `changed` is nonzero; otherwise the block goes on (in a new internal block). */
void mips_leave_next_if(struct mips_translation *t, uint32_t changed);
/* Ends by a LEAVE; pc and mode are in the state (ERET). */
void mips_leave(struct mips_translation *t);
/* A handler with control flow of its own begins its internal blocks by this (values of earlier
 * ones are gone), and ends them by mips_jump() or BRANCH. */
void mips_block_begin(struct mips_translation *t, uint32_t block);
void mips_jump(struct mips_translation *t, uint32_t block);

/* ---- exceptions ------------------------------------------------------------------------------ */
/* Raises the exception and ends the block. */
void mips_raise(struct mips_translation *t, enum mips_exception exception);
/* The same if value `cond` is nonzero; otherwise the block goes on, in a new internal block. */
void mips_raise_if(struct mips_translation *t, uint32_t cond, enum mips_exception exception);
/* Reserved Instruction. */
void mips_reserved(struct mips_translation *t);
/* Coprocessor Unusable. */
void mips_unusable(struct mips_translation *t, unsigned coprocessor);
/* Instructions of coprocessors 0 and 1 call these first: raise Coprocessor Unusable and return
 * false where that is what happens. */
bool mips_cp0_check(struct mips_translation *t);
bool mips_cp1_check(struct mips_translation *t);
bool mips_dsp_check(struct mips_translation *t); /* DSP State Disabled */

/* ---- memory ---------------------------------------------------------------------------------- */
/* aux for LOAD and STORE of 2^size_log2 bytes under the CPU's endianness. aligned: Address Error
 * unless naturally aligned (all but LWL, LWR, SWL, SWR). */
uint16_t mips_mem(const struct mips_translation *t, unsigned size_log2, bool aligned);

/* Rows of other chapters, joined with those of mips32.inc. */
struct mips_rows {
    const struct decode_row *rows;
    unsigned count;
};
extern const struct mips_rows mips_rows_fpu; /* fpu_rows.c: COP1, COP1X, MOVCI, loads and stores */
extern const struct mips_rows mips_rows_dsp; /* dsp_rows.c: the DSP ASE */

struct mips_decoders {
    struct decode_table *mips32, *mips16, *mips16_extended;
};

#endif
