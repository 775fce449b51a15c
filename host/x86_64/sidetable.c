/* What is written to the state when a call leaves: recorded while compiling,
 * applied by jit_sync(). */
#include "host/x86_64/lower.h"

#include <string.h>

/* In the value of X64_PLACE_COND: the second operand is the complement of what follows. */
enum { RESTORE_INVERTED = 1 << 16 };
/* The offset of what is no slot but the operand of a comparison. */
#define RESTORE_OPERAND UINT32_MAX

/* False if nothing has to be done. */
static bool restore_place(const struct x64_compile *c, uint32_t offset, uint32_t v,
                          struct x64_restore *restore)
{
    const struct x64_value *value = &c->values[v];
    const struct ir_inst *inst = x64_inst(c, v);
    bool inverted;
    *restore = (struct x64_restore){
        .offset = offset,
        .size = (uint8_t)ir_type_size(x64_type(c, v)),
    };
    switch ((enum x64_where)value->where) {
    case X64_IN_REG:
        restore->place = value->reg >= X64_XMM0 ? X64_PLACE_XMM : X64_PLACE_GPR;
        restore->value = value->reg;
        return true;
    case X64_IN_PIN:
        restore->value = value->reg;
        if (value->reg >= X64_XMM0) {
            restore->place = X64_PLACE_XMM; /* carried by a loop */
            return true;
        }
        restore->place = X64_PLACE_PIN;
        return c->host->pin_offset[value->reg] != offset;
    case X64_IN_FRAME:
        restore->place = X64_PLACE_FRAME;
        restore->value = (int64_t)(value->spill - 1u) * 8;
        return true;
    case X64_IN_STATE:
        restore->place = X64_PLACE_STATE;
        restore->value = inst->imm;
        return restore->value != offset;
    case X64_IS_CONST:
        restore->place = inst->op == IR_PCREL ? X64_PLACE_PC : X64_PLACE_CONST;
        restore->value = inst->imm;
        return true;
    case X64_IS_COND:
        restore->place = X64_PLACE_COND;
        x64_addend(c, inst, &inverted);
        restore->value = inst->op | inst->type << 8 | (inverted ? RESTORE_INVERTED : 0);
        return true;
    default:
        CHECK_UNREACHABLE();
    }
}

static void restore_add(struct x64_compile *c, uint32_t offset, uint32_t v)
{
    struct x64_restore restore;
    const struct ir_inst *inst = x64_inst(c, v);
    bool inverted;
    if (restore_place(c, offset, v, &restore) || offset == RESTORE_OPERAND) {
        *x64_list_add(&c->s->restores) = restore;
    }
    if (restore.place == X64_PLACE_COND) {
        restore_add(c, RESTORE_OPERAND, inst->a);
        restore_add(c, RESTORE_OPERAND, x64_addend(c, inst, &inverted));
        if (ir_ops[inst->op].arity > 2) {
            restore_add(c, RESTORE_OPERAND, inst->c);
        }
    }
}

uint32_t x64_restores_add(struct x64_compile *c, uint32_t snapshot, uint32_t *count)
{
    uint32_t first = c->s->restores.count;
    const struct ir_snapshot *entry = &c->ir->snapshots[snapshot];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        restore_add(c, entry->offset, entry->value);
    }
    *count = c->s->restores.count - first;
    return first;
}

uint32_t x64_site_add(struct x64_compile *c, uint32_t snapshot)
{
    uint32_t count;
    uint32_t first = x64_restores_add(c, snapshot, &count);
    uint32_t unexecuted = c->counted > c->reached ? c->counted - c->reached : 0;
    *x64_list_add(&c->s->sites) = (struct x64_site){
        .restore = first,
        .restore_count = (uint16_t)count,
        .unexecuted = c->host->options.counted ? (uint16_t)unexecuted : 0,
        .tag = c->tag,
        .pc = c->pc,
    };
    return c->s->sites.count - 1;
}

/* Loads what a restore gives into a register. */
static void restore_load(struct x64_compile *c, unsigned reg, const struct x64_restore *r)
{
    struct x64_code *e = c->e;
    bool wide = r->size == 8;
    switch ((enum x64_place)r->place) {
    case X64_PLACE_GPR:
    case X64_PLACE_PIN:
        x64_mov(e, wide, reg, x64_r((unsigned)r->value));
        break;
    case X64_PLACE_PC:
        x64_mov_imm64(e, reg, (uint64_t)r->value);
        x64_reloc_add(c, X64_RELOC_PC64, x64_here(e) - 8, 0);
        x64_mov(e, wide, reg, x64_r(reg));
        break;
    case X64_PLACE_CONST:
        x64_mov_imm(e, wide, reg, r->value);
        break;
    case X64_PLACE_FRAME:
        x64_mov(e, wide, reg, x64_m(X64_STATE, X64_SAVE(X64_SAVE_FRAME) + (int32_t)r->value));
        break;
    default:
        CHECK_UNREACHABLE(); /* edges have read the state and made carries values */
    }
}

/* Makes what the operands that follow `r` give and stores it. Their number is returned. */
static unsigned restore_compare(struct x64_compile *c, const struct x64_restore *r)
{
    static const uint8_t alus[] = {[IR_ADD] = X64_ADD,
                                   [IR_SUB] = X64_SUB,
                                   [IR_AND] = X64_AND,
                                   [IR_OR] = X64_OR,
                                   [IR_XOR] = X64_XOR};
    struct x64_code *e = c->e;
    enum ir_op op = r->value & 0xff;
    struct x64_rm second = x64_m(X64_STATE, X64_CPU(slow[0]));
    bool wide = (r->value >> 8 & 0xff) == IR_I64;
    unsigned arity = ir_ops[op].arity;
    restore_load(c, X64_RAX, &r[2]);
    if (r->value & RESTORE_INVERTED) {
        x64_unary(e, X64_NOT, wide, x64_r(X64_RAX));
    }
    x64_mov_store(e, 3, second, X64_RAX);
    if (arity > 2) {
        restore_load(c, X64_RAX, &r[3]);
        x64_bt_imm(e, false, x64_r(X64_RAX), 0);
    }
    restore_load(c, X64_RAX, &r[1]);
    if (op < IR_EQ) {
        x64_alu(e, alus[op], wide, X64_RAX, second);
    } else {
        x64_alu(e, x64_compare_alu(op), wide, X64_RAX, second);
        x64_setcc(e, x64_compare_cond(op), x64_r(X64_RAX));
        x64_movzx(e, 0, X64_RAX, x64_r(X64_RAX));
    }
    x64_mov_store(e, 2, x64_slot(r->offset), X64_RAX);
    return arity;
}

void x64_restores_emit(struct x64_compile *c, uint32_t first, uint32_t count)
{
    struct x64_code *e = c->e;
    if (count) {
        /* What goes to pinned registers goes by way of their slots. */
        x64_call_pins_store(c, c->host->pinned);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct x64_restore *r = &c->s->restores.items[first + i];
        struct x64_rm to = x64_slot(r->offset);
        unsigned size = r->size == 4 ? 2 : 3;
        switch ((enum x64_place)r->place) {
        case X64_PLACE_GPR:
        case X64_PLACE_PIN:
            x64_mov_store(e, size, to, (unsigned)r->value);
            break;
        case X64_PLACE_XMM:
            x64_movx_store(e, r->size == 16 ? 4 : size, to, (unsigned)r->value);
            break;
        case X64_PLACE_PC:
        case X64_PLACE_CONST:
            restore_load(c, X64_RAX, r);
            x64_mov_store(e, size, to, X64_RAX);
            break;
        case X64_PLACE_STATE:
            CHECK_UNREACHABLE(); /* edges read their values first */
        case X64_PLACE_FRAME:
            for (unsigned at = 0; at < r->size; at += 8) {
                x64_mov(e, size == 3, X64_RAX,
                        x64_m(X64_STATE, X64_SAVE(X64_SAVE_FRAME) + (int32_t)(r->value + at)));
                x64_mov_store(e, size, to, X64_RAX);
                to.disp += 8;
            }
            break;
        case X64_PLACE_COND:
            i += restore_compare(c, r);
            break;
        }
    }
    if (count) {
        x64_call_pins_load(c, c->host->pinned);
    }
}

const uint8_t *x64_call_site(struct host *host, const struct cpu *cpu)
{
    (void)host;
    return *(const uint8_t *const *)cpu->host_save[X64_SAVE_CALL];
}

uint32_t x64_sites_before(const struct x64_side *side, uint32_t ret)
{
    uint32_t first = 0, end = side->site_count;
    while (first < end) {
        uint32_t mid = (first + end) / 2;
        if (side->sites[mid].ret < ret) {
            first = mid + 1;
        } else {
            end = mid;
        }
    }
    return first;
}

static const struct x64_site *sync_site(const struct x64_side *side, uint32_t ret)
{
    uint32_t number = x64_sites_before(side, ret);
    CHECK(number < side->site_count && side->sites[number].ret == ret);
    return &side->sites[number];
}

static const void *sync_source(const struct host *host, const struct cpu *cpu,
                               const struct x64_restore *r)
{
    const char *state = (const char *)cpu;
    switch ((enum x64_place)r->place) {
    case X64_PLACE_GPR:
        return &cpu->host_save[X64_SAVE_GPR + r->value];
    case X64_PLACE_XMM:
        return &cpu->host_save[X64_SAVE_XMM + 2 * (r->value - X64_XMM0)];
    case X64_PLACE_PIN:
        return state + host->pin_offset[r->value];
    case X64_PLACE_STATE:
        return state + r->value;
    case X64_PLACE_FRAME:
        return (const char *)&cpu->host_save[X64_SAVE_FRAME] + r->value;
    default:
        return &r->value;
    }
}

/* The value of a restore, and of what it consists of if it is a comparison; moves on
 * to the next. */
static union ir_value sync_value(const struct host *host, const struct cpu *cpu,
                                 const struct x64_restore **at)
{
    const struct x64_restore *r = (*at)++;
    union ir_value value = {.v = {0, 0}}, operands[3];
    if (r->place != X64_PLACE_COND) {
        memcpy(&value, sync_source(host, cpu, r), r->size);
        return value;
    }
    const struct ir_inst inst = {.op = r->value & 0xff, .type = (uint8_t)(r->value >> 8)};
    for (unsigned i = 0; i < ir_ops[inst.op].arity; i++) {
        operands[i] = sync_value(host, cpu, at);
    }
    if (r->value & RESTORE_INVERTED) {
        operands[1].i64 = inst.type == IR_I32 ? (uint32_t)~operands[1].i32 : ~operands[1].i64;
    }
    CHECK(ir_evaluate(&inst, operands, &value));
    return value;
}

enum { SYNC_MAX = 256 };

uint32_t x64_sync(struct host *host, struct cpu *cpu, const struct host_code *code)
{
    const struct x64_side *side = code->side;
    uint32_t ret = (uint32_t)(x64_call_site(host, cpu) - code->start);
    const struct x64_site *site = sync_site(side, ret);
    char *state = (char *)cpu;
    /* A slot may be another one's source: all are read before any is written. */
    union ir_value values[SYNC_MAX];
    const struct x64_restore *slots[SYNC_MAX];
    unsigned count = 0;
    CHECK(site->restore_count <= SYNC_MAX);
    const struct x64_restore *r = &side->restores[site->restore];
    for (const struct x64_restore *end = r + site->restore_count; r < end; count++) {
        slots[count] = r;
        values[count] = sync_value(host, cpu, &r);
    }
    for (unsigned i = 0; i < count; i++) {
        memcpy(state + slots[i]->offset, &values[i], slots[i]->size);
    }
    const struct guest_ops *guest = host->guest;
    memcpy(state + guest->pc_offset, &site->pc, ir_type_size(guest->pc_type));
    if (guest->tag_offset) {
        memcpy(state + guest->tag_offset, &site->tag, sizeof(site->tag));
    }
    return site->unexecuted;
}
