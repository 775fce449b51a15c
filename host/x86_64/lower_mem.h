/* What single accesses (lower_mem.c) and groups of them (lower_group.c) share. */
#ifndef HOST_X86_64_LOWER_MEM_H
#define HOST_X86_64_LOWER_MEM_H

#include "host/x86_64/lower.h"

/* Log2 of the bytes. */
static inline unsigned x64_mem_size(const struct ir_inst *inst)
{
    return inst->aux & IR_MEM_SIZE;
}
static inline bool x64_mem_reverses(const struct ir_inst *inst)
{
    return inst->aux & IR_MEM_BIG && x64_mem_size(inst) > 0;
}
/* The alignment that the access demands, in bytes. */
static inline unsigned x64_mem_align(const struct ir_inst *inst)
{
    return 1u << ((inst->aux & IR_MEM_ALIGN) >> IR_MEM_ALIGN_SHIFT);
}
static inline bool x64_mem_xmm_live(const struct x64_compile *c)
{
    return ~c->free & X64_XMMS;
}
/* Accesses that have no fast path at all. */
bool x64_mem_is_rare(const struct x64_compile *c, const struct ir_inst *inst);

/* A stub for the access, with the site of its call. All allocation is done by now: from the jumps
 * to the stub until `resume` nothing may move. */
struct x64_stub *x64_mem_stub(struct x64_compile *c, const struct ir_inst *inst, unsigned address,
                              bool keep_xmm);

/* The access itself, to host memory. */
void x64_mem_read(struct x64_compile *c, const struct ir_inst *inst, unsigned d, struct x64_rm rm);
/* What a STORE stores: a register, or `imm` if that is X64_NONE. */
struct x64_stored {
    uint8_t reg;
    int32_t imm;
};
struct x64_stored x64_mem_stored(struct x64_compile *c, const struct ir_inst *inst);
/* A register for the entry of a LOAD to `d`: that one if it is a temp. */
unsigned x64_mem_temp(struct x64_compile *c, unsigned d);
/* A register that storing needs, or X64_NONE. */
unsigned x64_mem_spare(struct x64_compile *c, const struct ir_inst *inst);
/* Looks the page up: `entry` gets the table's entry, doubled for writing. Without the right to go
 * on, to the stub. */
void x64_mem_entry(struct x64_compile *c, const struct ir_inst *inst, struct x64_stub *stub,
                   unsigned address, unsigned entry);
void x64_mem_write(struct x64_compile *c, const struct ir_inst *inst, struct x64_stored stored,
                   struct x64_rm rm, unsigned spare);

/* Lower the access as part of a group, or return false. */
bool x64_group_load(struct x64_compile *c, const struct ir_inst *inst);
bool x64_group_store(struct x64_compile *c, const struct ir_inst *inst);

#endif
