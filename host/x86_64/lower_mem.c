/* Guest memory: the soft TLB inline (core/cpu/space.h), everything else out of line through core.
 *
 *     mov t, address; shr t, 12; mov t, gs:[t * 8]
 *     test t, t (loads) or add t, t (stores): the sign is the right to go on
 *     mov result, [address + t * 4], or [address + t * 2] after the addition */
#include "host/x86_64/lower_mem.h"

/* Bits of the address that must be zero on the fast path. Vectors are often not aligned as their
 * size: for them it is only what the access demands, and mem_within_page() does the rest. Numbers
 * nearly always are. */
static unsigned mem_align_mask(const struct ir_inst *inst)
{
    unsigned required = (1u << ((inst->aux & IR_MEM_ALIGN) >> IR_MEM_ALIGN_SHIFT)) - 1;
    unsigned natural = (1u << x64_mem_size(inst)) - 1;
    return required > natural || inst->type == IR_V128 ? required : natural;
}

bool x64_mem_is_rare(const struct x64_compile *c, const struct ir_inst *inst)
{
    return x64_type(c, inst->a) != IR_I32 || inst->aux & (IR_MEM_USER | IR_MEM_SWAP64) ||
           (x64_is_vector(inst->type) && (x64_mem_reverses(inst) || x64_mem_size(inst) < 2));
}

/* The register that holds the effective address. */
static unsigned mem_address(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned known = x64_sum_find(c, inst->a, inst->imm);
    if (known != X64_NONE) {
        c->locked |= X64_BIT(known);
        return known;
    }
    uint32_t locked = c->locked;
    unsigned base = x64_use(c, inst->a);
    if (inst->imm == 0) {
        return base;
    }
    bool wide = x64_type(c, inst->a) == IR_I64;
    unsigned address = x64_temp(c);
    if (inst->imm == (int32_t)inst->imm) {
        x64_lea(c->e, wide, address, x64_m(base, (int32_t)inst->imm));
    } else {
        x64_mov_imm(c->e, wide, address, inst->imm);
        x64_alu(c->e, X64_ADD, wide, address, x64_r(base));
    }
    c->locked = locked | X64_BIT(address); /* the base has served */
    return address;
}

/* Of an address that is a constant, or moves with the page, the low bits are known. */
static bool mem_known_aligned(const struct x64_compile *c, const struct ir_inst *inst,
                              unsigned mask)
{
    const struct ir_inst *base = x64_inst(c, inst->a);
    return (base->op == IR_CONST || base->op == IR_PCREL) && !((base->imm + inst->imm) & mask);
}

/* Leaves for the stub if the access crosses a page. */
static void mem_within_page(struct x64_compile *c, const struct ir_inst *inst,
                            struct x64_stub *stub, unsigned address, unsigned temp)
{
    int32_t last = SPACE_PAGE_SIZE - (1 << x64_mem_size(inst));
    x64_mov(c->e, false, temp, x64_r(address));
    x64_alu_imm(c->e, X64_AND, false, x64_r(temp), SPACE_PAGE_SIZE - 1);
    x64_alu_imm(c->e, X64_CMP, false, x64_r(temp), last);
    x64_stub_jump(stub, x64_jcc(c->e, X64_A));
}

void x64_mem_entry(struct x64_compile *c, const struct ir_inst *inst, struct x64_stub *stub,
                   unsigned address, unsigned entry)
{
    struct x64_code *e = c->e;
    x64_mov(e, false, entry, x64_r(address));
    x64_shift_imm(e, X64_SHR, false, x64_r(entry), SPACE_PAGE_BITS);
    x64_gs(e);
    x64_mov(e, true, entry, x64_mx(X64_NONE, entry, 3, 0));
    if (inst->op == IR_LOAD) {
        x64_test(e, true, x64_r(entry), entry);
    } else {
        x64_alu(e, X64_ADD, true, entry, x64_r(entry));
    }
    x64_stub_jump(stub, x64_jcc(e, X64_NS));
}

/* The checks before that. */
static void mem_lookup(struct x64_compile *c, const struct ir_inst *inst, struct x64_stub *stub,
                       unsigned address, unsigned entry)
{
    struct x64_code *e = c->e;
    unsigned mask = mem_align_mask(inst);
    if (mask && !mem_known_aligned(c, inst, mask)) {
        x64_test_imm8(e, x64_r(address), (uint8_t)mask);
        uint32_t jump = x64_jcc(e, X64_NE);
        if (x64_mem_align(inst) > mask || inst->op == IR_CAS) {
            x64_stub_jump(stub, jump);
        } else {
            stub->misaligned.jump = jump;
            stub->misaligned.back = x64_here(e);
            stub->misaligned.temp = (uint8_t)entry;
        }
    }
    if (mask < (1u << x64_mem_size(inst)) - 1) {
        mem_within_page(c, inst, stub, address, entry);
    }
    x64_mem_entry(c, inst, stub, address, entry);
}

struct x64_stub *x64_mem_stub(struct x64_compile *c, const struct ir_inst *inst, unsigned address,
                              bool keep_xmm)
{
    uint32_t site = x64_site_add(c, inst->snapshot);
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_SLOW);
    stub->site = site;
    stub->keep_xmm = keep_xmm;
    stub->address = (uint8_t)address;
    stub->value[0] = stub->value[1] = stub->result = X64_NONE;
    stub->type = inst->type;
    stub->mem = inst->aux;
    stub->imm = 0;
    stub->rebuild = false;
    stub->offset = 0;
    stub->clear = (uint16_t)c->soft;
    return stub;
}

/* Sends a rare access straight to its stub. */
static void mem_go_slow(struct x64_compile *c, struct x64_stub *stub)
{
    x64_stub_jump(stub, x64_jmp(c->e));
    c->e->flag_writes++; /* by the C function */
    stub->resume = x64_here(c->e);
    c->e->flag_writes++; /* by what is called */
}

static void read_general(struct x64_compile *c, const struct ir_inst *inst, unsigned d,
                         struct x64_rm rm)
{
    struct x64_code *e = c->e;
    unsigned size = x64_mem_size(inst);
    bool w = inst->type == IR_I64, sign = inst->aux & IR_MEM_SIGN;
    bool narrow = size < (w ? 3u : 2u);
    if (!x64_mem_reverses(inst)) {
        if (sign && narrow) {
            x64_movsx(e, size, w, d, rm);
        } else {
            x64_movzx(e, size, d, rm);
        }
        return;
    }
    if (size >= 2 && x64_has(c, X64_HAS_MOVBE)) {
        x64_movbe_load(e, size, d, rm);
    } else {
        x64_movzx(e, size, d, rm);
        if (size == 1) {
            x64_rol16(e, d);
        } else {
            x64_bswap(e, size == 3, d);
        }
    }
    if (size == 1 && sign) {
        x64_movsx(e, 1, w, d, x64_r(d));
    } else if (size == 2 && sign && narrow) {
        x64_movsx(e, 2, true, d, x64_r(d));
    }
}

void x64_mem_read(struct x64_compile *c, const struct ir_inst *inst, unsigned d, struct x64_rm rm)
{
    if (x64_is_vector(inst->type)) {
        x64_movx_load(c->e, x64_mem_size(inst), d, rm);
    } else {
        read_general(c, inst, d, rm);
    }
}

void x64_lower_load(struct x64_compile *c, const struct ir_inst *inst)
{
    bool rare = x64_mem_is_rare(c, inst);
    if (!rare && x64_group_load(c, inst)) {
        return;
    }
    unsigned address = mem_address(c, inst);
    bool keep_xmm = x64_mem_xmm_live(c);
    unsigned d = x64_def(c, 0, 0);
    unsigned entry = rare ? X64_NONE : x64_mem_temp(c, d);
    struct x64_stub *stub = x64_mem_stub(c, inst, address, keep_xmm);
    stub->result = (uint8_t)d;
    if (rare) {
        mem_go_slow(c, stub);
        return;
    }
    mem_lookup(c, inst, stub, address, entry);
    struct x64_rm rm = x64_mx(address, entry, 2, 0);
    x64_mem_read(c, inst, d, rm);
    stub->resume = x64_here(c->e);
}

static void write_general(struct x64_compile *c, const struct ir_inst *inst, unsigned value,
                          struct x64_rm rm, unsigned spare)
{
    struct x64_code *e = c->e;
    unsigned size = x64_mem_size(inst);
    if (!x64_mem_reverses(inst)) {
        x64_mov_store(e, size, rm, value);
    } else if (x64_has(c, X64_HAS_MOVBE)) {
        x64_movbe_store(e, size, rm, value);
    } else {
        x64_mov(e, size == 3, spare, x64_r(value));
        if (size == 1) {
            x64_rol16(e, spare);
        } else {
            x64_bswap(e, size == 3, spare);
        }
        x64_mov_store(e, size, rm, spare);
    }
}

unsigned x64_mem_temp(struct x64_compile *c, unsigned d)
{
    return X64_BIT(d) & X64_TEMPS ? d : x64_temp(c);
}

unsigned x64_mem_spare(struct x64_compile *c, const struct ir_inst *inst)
{
    bool swaps = x64_mem_reverses(inst) && !x64_is_vector(inst->type);
    return swaps && !x64_has(c, X64_HAS_MOVBE) ? x64_temp(c) : X64_NONE;
}

struct x64_stored x64_mem_stored(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_stored stored = {.reg = X64_NONE};
    if (c->values[inst->b].where != X64_IS_CONST || x64_mem_reverses(inst) ||
        !x64_imm(c, inst->b, &stored.imm)) {
        stored.reg = (uint8_t)x64_use(c, inst->b);
    }
    return stored;
}

void x64_mem_write(struct x64_compile *c, const struct ir_inst *inst, struct x64_stored stored,
                   struct x64_rm rm, unsigned spare)
{
    if (stored.reg == X64_NONE) {
        x64_mov_store_imm(c->e, x64_mem_size(inst), rm, stored.imm);
    } else if (x64_is_vector(inst->type)) {
        x64_movx_store(c->e, x64_mem_size(inst), rm, stored.reg);
    } else {
        write_general(c, inst, stored.reg, rm, spare);
    }
}

void x64_lower_store(struct x64_compile *c, const struct ir_inst *inst)
{
    bool rare = x64_mem_is_rare(c, inst);
    if (!rare && x64_group_store(c, inst)) {
        return;
    }
    struct x64_stored stored = x64_mem_stored(c, inst);
    unsigned address = mem_address(c, inst);
    unsigned entry = rare ? X64_NONE : x64_temp(c);
    unsigned spare = x64_mem_spare(c, inst);
    struct x64_stub *stub = x64_mem_stub(c, inst, address, x64_mem_xmm_live(c));
    stub->mem |= IR_MEM_WRITE;
    stub->value[0] = stored.reg;
    stub->imm = stored.imm;
    if (rare) {
        mem_go_slow(c, stub);
        return;
    }
    mem_lookup(c, inst, stub, address, entry);
    x64_mem_write(c, inst, stored, x64_mx(address, entry, 1, 0), spare);
    stub->resume = x64_here(c->e);
}

/* Not locked: the CPUs of a machine take turns on one thread. */
void x64_lower_cas(struct x64_compile *c, const struct ir_inst *inst)
{
    bool rare = x64_mem_is_rare(c, inst) || x64_mem_reverses(inst);
    x64_use_in(c, inst->b, X64_RAX);
    unsigned value = x64_use(c, inst->c);
    unsigned address = mem_address(c, inst);
    unsigned entry = rare ? X64_NONE : x64_temp(c);
    struct x64_stub *stub = x64_mem_stub(c, inst, address, x64_mem_xmm_live(c));
    stub->mem |= IR_MEM_CAS;
    stub->value[0] = X64_RAX;
    stub->value[1] = (uint8_t)value;
    stub->result = X64_RAX;
    if (rare) {
        mem_go_slow(c, stub);
    } else {
        mem_lookup(c, inst, stub, address, entry);
        x64_cmpxchg(c->e, x64_mem_size(inst), x64_mx(address, entry, 1, 0), value);
        stub->resume = x64_here(c->e);
    }
    x64_operand_done(c, inst->b);
    x64_movzx(c->e, x64_mem_size(inst), x64_def_taken(c, X64_RAX), x64_r(X64_RAX));
}

/* A misaligned access that demands less may go on inline if it stays in its page. Otherwise it runs
 * into the slow path, which follows. */
void x64_stub_misaligned(struct x64_compile *c, const struct x64_stub *stub)
{
    struct x64_code *e = c->e;
    unsigned temp = stub->misaligned.temp;
    unsigned required = (1u << ((stub->mem & IR_MEM_ALIGN) >> IR_MEM_ALIGN_SHIFT)) - 1;
    uint32_t slow = 0;
    x64_patch_here(e, stub->misaligned.jump);
    if (required) {
        x64_test_imm8(e, x64_r(stub->address), (uint8_t)required);
        slow = x64_jcc_short(e, X64_NE);
    }
    x64_lea(e, false, temp, x64_m(stub->address, (1 << (stub->mem & IR_MEM_SIZE)) - 1));
    x64_alu(e, X64_XOR, false, temp, x64_r(stub->address));
    x64_shift_imm(e, X64_SHR, false, x64_r(temp), SPACE_PAGE_BITS);
    x64_jcc_back(e, X64_E, stub->misaligned.back);
    if (required) {
        x64_patch_short(e, slow);
    }
}

void x64_stub_slow(struct x64_compile *c, const struct x64_stub *stub)
{
    struct x64_code *e = c->e;
    struct x64_rm address = x64_m(X64_STATE, X64_CPU(slow[0]));
    struct x64_rm first = x64_m(X64_STATE, X64_CPU(slow[1]));
    struct x64_rm second = x64_m(X64_STATE, X64_CPU(slow[2]));
    struct x64_rm mem = x64_m(X64_STATE, X64_CPU(slow[3]));
    bool vector = x64_is_vector(stub->type);
    unsigned type_size = stub->type == IR_V128 ? 4 : stub->type == IR_F64 ? 3 : 2;
    if (stub->rebuild) {
        if (stub->from_value) {
            x64_load_const(c, stub->address, x64_inst(c, stub->from_value));
        } else {
            x64_mov(e, false, stub->address, stub->from);
        }
    }
    if (stub->offset) {
        x64_lea(e, false, stub->address, x64_m(stub->address, stub->offset));
    }
    x64_mov_store(e, 3, address, stub->address);
    if (stub->mem & IR_MEM_WRITE) {
        if (stub->value[0] == X64_NONE) {
            x64_mov_store_imm(e, 3, first, (int32_t)stub->imm);
        } else if (vector) {
            x64_movx_store(e, type_size, first, stub->value[0]);
        } else {
            x64_mov_store(e, 3, first, stub->value[0]);
        }
    } else if (stub->mem & IR_MEM_CAS) {
        x64_mov_store(e, 3, first, stub->value[0]);
        x64_mov_store(e, 3, second, stub->value[1]);
    }
    x64_mov_store_imm(e, 3, mem, (int32_t)stub->mem);
    x64_call_thunk(c, stub->keep_xmm ? X64_THUNK_SLOW_XMM : X64_THUNK_SLOW);
    c->s->sites.items[stub->site].ret = x64_here(e);
    if (stub->result != X64_NONE) {
        if (vector) {
            x64_movx_load(e, type_size, stub->result, first);
        } else {
            x64_mov(e, stub->type == IR_I64, stub->result, first);
        }
    }
    for (uint32_t clear = stub->clear; clear; clear &= clear - 1) {
        unsigned reg = (unsigned)__builtin_ctz(clear);
        x64_alu(e, X64_XOR, false, reg, x64_r(reg));
    }
    x64_jmp_back(e, stub->resume);
}
