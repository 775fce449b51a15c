/* Constants and the guest state: GET and SET. */
#include "host/x86_64/lower.h"

void x64_lower_nop(struct x64_compile *c, const struct ir_inst *inst)
{
    (void)c;
    (void)inst;
}

void x64_lower_const(struct x64_compile *c, const struct ir_inst *inst)
{
    (void)inst;
    c->values[c->index].where = X64_IS_CONST;
}

void x64_load_const(struct x64_compile *c, unsigned reg, const struct ir_inst *inst)
{
    switch ((enum ir_type)inst->type) {
    case IR_I32:
        x64_mov_imm32(c->e, reg, (uint32_t)inst->imm);
        if (inst->op == IR_PCREL) {
            x64_reloc_add(c, X64_RELOC_PC32, x64_here(c->e) - 4, 0);
        }
        break;
    case IR_I64:
        if (inst->op == IR_PCREL) {
            x64_mov_imm64(c->e, reg, (uint64_t)inst->imm);
            x64_reloc_add(c, X64_RELOC_PC64, x64_here(c->e) - 8, 0);
        } else {
            x64_mov_imm(c->e, true, reg, inst->imm);
        }
        break;
    default:
        if (inst->imm == 0) {
            x64_emit(c->e, 0x57 | X64_MAP_0F, reg, x64_r(reg)); /* xorps */
        } else {
            unsigned temp = x64_temp(c);
            x64_mov_imm(c->e, inst->type == IR_F64, temp,
                        inst->type == IR_F32 ? (uint32_t)inst->imm : inst->imm);
            x64_movd_to_xmm(c->e, inst->type == IR_F64, reg, x64_r(temp));
            x64_give(c, temp);
        }
        break;
    }
}

/* Both halves from memory is shorter, but there is no constant pool yet: through a general
 * register. */
void x64_lower_constv(struct x64_compile *c, const struct ir_inst *inst)
{
    uint64_t low = (uint64_t)inst->imm, high = inst->b | (uint64_t)inst->c << 32;
    unsigned d = x64_def(c, 0, 0);
    if (low == 0 && high == 0) {
        x64_emit(c->e, 0xef | X64_MAP_0F | X64_P_66, d, x64_r(d)); /* pxor */
        return;
    }
    if (low == UINT64_MAX && high == UINT64_MAX) {
        x64_emit(c->e, 0x76 | X64_MAP_0F | X64_P_66, d, x64_r(d)); /* pcmpeqd */
        return;
    }
    unsigned temp = x64_temp(c);
    x64_mov_imm(c->e, true, temp, (int64_t)low);
    x64_movd_to_xmm(c->e, true, d, x64_r(temp));
    if (high == low) {
        x64_emit(c->e, 0x6c | X64_MAP_0F | X64_P_66, d, x64_r(d)); /* punpcklqdq */
    } else if (high) {
        x64_mov_imm(c->e, true, temp, (int64_t)high);
        x64_emit_imm8(c->e, 0x22 | X64_MAP_0F3A | X64_P_66 | X64_W, d, x64_r(temp), 1); /* pinsrq */
    }
}

/* Pinned registers that overlap [offset, offset + size). */
static uint32_t state_pins(const struct x64_compile *c, uint64_t offset, unsigned size)
{
    uint32_t mask = 0;
    for (uint64_t at = offset & ~UINT64_C(3); at < offset + size; at += 4) {
        unsigned reg = x64_pin_at(c->host, at);
        if (reg != X64_NONE) {
            mask |= X64_BIT(reg);
        }
    }
    return mask;
}

static bool state_is_pin(const struct x64_compile *c, const struct ir_inst *inst, unsigned *reg)
{
    *reg = x64_pin_at(c->host, (uint64_t)inst->imm);
    return *reg != X64_NONE && inst->type == IR_I32 &&
           c->host->pin_offset[*reg] == (uint64_t)inst->imm;
}

void x64_lower_get(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned pin;
    if (state_is_pin(c, inst, &pin)) {
        x64_pin_holds(c, pin, c->index);
        return;
    }
    unsigned carried = x64_loop_get(c, inst);
    if (carried != X64_NONE) {
        c->values[c->index].where = X64_IN_PIN;
        c->values[c->index].reg = (uint8_t)carried;
        return;
    }
    if (c->pending_count == X64_PENDING) {
        uint32_t oldest = c->pending[0];
        x64_use(c, oldest);
        c->locked = 0;
    }
    c->values[c->index].where = X64_IN_STATE;
    c->pending[c->pending_count++] = c->index;
    uint32_t pins = state_pins(c, (uint64_t)inst->imm, ir_type_size(inst->type));
    if (pins) {
        /* Part of it is in pinned registers: through memory, at once. */
        x64_call_pins_store(c, pins);
        x64_use(c, c->index);
    }
}

static void state_set_pin(struct x64_compile *c, const struct ir_inst *inst, unsigned pin)
{
    struct x64_value *value = &c->values[inst->a];
    if (value->where == X64_IN_PIN && value->reg == pin) {
        return;
    }
    if (value->where == X64_IS_CONST) {
        x64_pin_vacate(c, pin);
        x64_load_const(c, pin, x64_inst(c, inst->a));
        return;
    }
    struct x64_rm rm = x64_use_rm(c, inst->a);
    x64_pin_vacate(c, pin);
    x64_mov(c->e, false, pin, rm);
    if (value->where == X64_IN_REG) {
        /* From here on the pinned register serves for both. */
        c->free |= X64_BIT(value->reg);
        c->held[value->reg] = 0;
        x64_pin_holds(c, pin, inst->a);
    }
}

void x64_state_store(struct x64_compile *c, enum ir_type type, struct x64_rm rm, uint32_t v)
{
    const struct ir_inst *source = x64_inst(c, v);
    bool wide = type == IR_I64;
    if (c->values[v].where == X64_IS_CONST && !x64_is_vector(type)) {
        if (source->op == IR_PCREL && !wide) {
            x64_mov_store_imm(c->e, 2, rm, (int32_t)source->imm);
            x64_reloc_add(c, X64_RELOC_PC32, x64_here(c->e) - 4, 0);
            return;
        }
        int32_t imm;
        if (x64_imm(c, v, &imm)) {
            x64_mov_store_imm(c->e, wide ? 3 : 2, rm, imm);
            return;
        }
    }
    unsigned reg = x64_use(c, v);
    if (x64_is_vector(type)) {
        x64_movx_store(c->e, type == IR_V128 ? 4 : type == IR_F64 ? 3 : 2, rm, reg);
    } else {
        x64_mov_store(c->e, wide ? 3 : 2, rm, reg);
    }
}

void x64_lower_set(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned pin;
    if (state_is_pin(c, inst, &pin)) {
        state_set_pin(c, inst, pin);
        return;
    }
    unsigned size = ir_type_size(inst->type);
    uint32_t offset = (uint32_t)inst->imm;
    x64_loop_set(c, inst);
    if (c->values[inst->a].where == X64_IN_STATE) {
        x64_use(c, inst->a);
    }
    x64_state_changes(c, offset, size);
    if (c->values[inst->a].where == X64_IS_COND) {
        x64_setcc(c->e, x64_condition(c, inst->a), x64_slot(offset));
        return;
    }
    uint32_t pins = state_pins(c, offset, size);
    if (pins) {
        x64_call_pins_store(c, pins);
        for (uint32_t mask = pins; mask; mask &= mask - 1) {
            x64_pin_vacate(c, (unsigned)__builtin_ctz(mask));
        }
    }
    x64_state_store(c, inst->type, x64_slot(offset), inst->a);
    x64_call_pins_load(c, pins);
}

void x64_lower_insn(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!c->reached || inst->imm != c->last_insn) {
        c->reached++;
    }
    c->pc = c->last_insn = inst->imm;
    c->tag = inst->b;
}
