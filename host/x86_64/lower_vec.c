/* Vectors. Ops that are one SSE instruction on two operands are rows of `binary`, by lane; the
 * others have a function. An op without either is evaluated in C. */
#include "host/x86_64/lower.h"

#define SSE(opcode)   ((opcode) | X64_MAP_0F | X64_P_66)
#define SSE38(opcode) ((opcode) | X64_MAP_0F38 | X64_P_66)

/* By op, signedness and log2 of the lane's bytes; 0: not one instruction. */
static const uint32_t binary[IR_OP_COUNT][2][4] = {
    [IR_VAND] = {{SSE(0xdb), SSE(0xdb), SSE(0xdb), SSE(0xdb)},
                 {SSE(0xdb), SSE(0xdb), SSE(0xdb), SSE(0xdb)}},
    [IR_VOR] = {{SSE(0xeb), SSE(0xeb), SSE(0xeb), SSE(0xeb)},
                {SSE(0xeb), SSE(0xeb), SSE(0xeb), SSE(0xeb)}},
    [IR_VXOR] = {{SSE(0xef), SSE(0xef), SSE(0xef), SSE(0xef)},
                 {SSE(0xef), SSE(0xef), SSE(0xef), SSE(0xef)}},
    [IR_VADD] = {{SSE(0xfc), SSE(0xfd), SSE(0xfe), SSE(0xd4)},
                 {SSE(0xfc), SSE(0xfd), SSE(0xfe), SSE(0xd4)}},
    [IR_VSUB] = {{SSE(0xf8), SSE(0xf9), SSE(0xfa), SSE(0xfb)},
                 {SSE(0xf8), SSE(0xf9), SSE(0xfa), SSE(0xfb)}},
    [IR_VMIN] = {{SSE(0xda), SSE38(0x3a), SSE38(0x3b), 0},
                 {SSE38(0x38), SSE(0xea), SSE38(0x39), 0}},
    [IR_VMAX] = {{SSE(0xde), SSE38(0x3e), SSE38(0x3f), 0},
                 {SSE38(0x3c), SSE(0xee), SSE38(0x3d), 0}},
    [IR_VCMPEQ] = {{SSE(0x74), SSE(0x75), SSE(0x76), SSE38(0x29)},
                   {SSE(0x74), SSE(0x75), SSE(0x76), SSE38(0x29)}},
    [IR_VCMPGT] = {{0}, {SSE(0x64), SSE(0x65), SSE(0x66), SSE38(0x37)}},
    [IR_VSATADD] = {{SSE(0xdc), SSE(0xdd), 0, 0}, {SSE(0xec), SSE(0xed), 0, 0}},
    [IR_VSATSUB] = {{SSE(0xd8), SSE(0xd9), 0, 0}, {SSE(0xe8), SSE(0xe9), 0, 0}},
    [IR_VZIPL] = {{SSE(0x60), SSE(0x61), SSE(0x62), SSE(0x6c)},
                  {SSE(0x60), SSE(0x61), SSE(0x62), SSE(0x6c)}},
    [IR_VZIPH] = {{SSE(0x68), SSE(0x69), SSE(0x6a), SSE(0x6d)},
                  {SSE(0x68), SSE(0x69), SSE(0x6a), SSE(0x6d)}},
};

/* d = a, to be changed by an instruction that also reads b. */
static unsigned def_binary(struct x64_compile *c, const struct ir_inst *inst, uint32_t a,
                           uint32_t b, unsigned *rb)
{
    unsigned ra = x64_use(c, a);
    *rb = x64_use(c, b);
    unsigned d = x64_def(c, a, a == b ? 0 : X64_BIT(*rb));
    if (d != ra) {
        x64_movx_load(c->e, 4, d, x64_r(ra));
    }
    if (a == b) {
        *rb = d;
    }
    (void)inst;
    return d;
}

static void lower_binary(struct x64_compile *c, const struct ir_inst *inst)
{
    bool is_signed = inst->aux & IR_VEC_SIGNED;
    uint32_t op = binary[inst->op][is_signed][inst->aux & IR_VEC_LANE];
    if (!op) {
        x64_lower_evaluate(c, inst);
        return;
    }
    unsigned rb;
    unsigned d = def_binary(c, inst, inst->a, inst->b, &rb);
    x64_emit(c->e, op, d, x64_r(rb));
}

static void lower_vandn(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned ra;
    unsigned d = def_binary(c, inst, inst->b, inst->a, &ra);
    x64_emit(c->e, SSE(0xdf), d, x64_r(ra)); /* pandn: d = ~d & a */
}

static x64_lower_fn *const rows[IR_OP_COUNT] = {
    [IR_VAND] = lower_binary,   [IR_VOR] = lower_binary,     [IR_VXOR] = lower_binary,
    [IR_VANDN] = lower_vandn,   [IR_VADD] = lower_binary,    [IR_VSUB] = lower_binary,
    [IR_VMIN] = lower_binary,   [IR_VMAX] = lower_binary,    [IR_VCMPEQ] = lower_binary,
    [IR_VCMPGT] = lower_binary, [IR_VSATADD] = lower_binary, [IR_VSATSUB] = lower_binary,
    [IR_VZIPL] = lower_binary,  [IR_VZIPH] = lower_binary,
};

x64_lower_fn *x64_lowering_vec(enum ir_op op)
{
    return rows[op];
}
