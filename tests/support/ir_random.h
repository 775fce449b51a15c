/* Random regions that obey every rule of the IR, for comparing executors and passes. They end:
 * each loop goes through an ENTRY that polls, and COUNT uses up the CPU's budget, so run them
 * with cpu->counted set. */
#ifndef TESTS_SUPPORT_IR_RANDOM_H
#define TESTS_SUPPORT_IR_RANDOM_H

#include "core/ir/ir.h"
#include "core/jit/guest.h"

struct ir_random_config {
    const struct guest_slot *slots; /* what GET and SET use, at their types */
    unsigned slot_count;
    const struct ir_helper *const *helpers; /* what CALL uses; may be empty */
    unsigned helper_count;
    unsigned max_blocks;  /* guest blocks, besides internal ones */
    unsigned max_insns;   /* guest instructions per block */
    unsigned max_ops;     /* operations per guest instruction */
    bool floats, vectors; /* operations of ops.inc on f32 and f64; those of ops_vec.inc */
    bool plain_floats;    /* scalar ones marked IR_FLOAT_PLAIN: the environment must be so */
    bool legacy_nans;     /* and IR_FLOAT_LEGACY_NAN, likewise */
    uint32_t fp_env;      /* offset of the struct fp_env that floats use */
    bool memory;          /* LOAD, STORE, CAS */
    uint32_t memory_base; /* of the memory they reach: base + 0 .. mask, plus a little */
    uint32_t memory_mask;
    unsigned wild_percent; /* of addresses that are anything */
    uint32_t lazy;         /* offset of what REQUIRE compares with 0 or 1; 0: no REQUIRE */
    uint64_t pc;           /* where the region begins, page-aligned; i32 pcs only */
};

/* Fills the region; verifies. */
void ir_random_region(struct ir_region *r, const struct ir_random_config *config, uint64_t *random);

#endif
