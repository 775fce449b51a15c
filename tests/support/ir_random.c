#include "tests/support/ir_random.h"

#include "core/base/check.h"
#include "tests/support/random.h"

enum {
    MAX_BLOCKS = 16,
    POOL = 16, /* values of one type to choose operands from */
    INSN_SIZE = 4,
    BLOCK_SIZE = 0x100, /* bytes of guest code from block to block */
};

struct generator {
    struct ir_region *r;
    const struct ir_random_config *config;
    uint64_t *random;
    uint32_t pool[IR_TYPE_COUNT][POOL]; /* values of the current block */
    unsigned pool_count[IR_TYPE_COUNT];
    uint32_t labels[MAX_BLOCKS]; /* of guest blocks */
    unsigned block_count;
    unsigned block; /* the current guest block */
};

static uint32_t below(struct generator *g, uint32_t n)
{
    return random_below(g->random, n);
}

static bool percent(struct generator *g, uint32_t n)
{
    return random_percent(g->random, n);
}

static void remember(struct generator *g, uint32_t value)
{
    enum ir_type type = ir_result_type(g->r, value);
    unsigned at = g->pool_count[type] < POOL ? g->pool_count[type]++ : below(g, POOL);
    g->pool[type][at] = value;
}

static void forget_values(struct generator *g)
{
    for (unsigned type = 0; type < IR_TYPE_COUNT; type++) {
        g->pool_count[type] = 0;
    }
}

static uint32_t new_constant(struct generator *g, enum ir_type type)
{
    uint64_t bits = random_number(g->random);
    if (type == IR_V128) {
        uint64_t high = random_next(g->random);
        return ir_emit(g->r, IR_CONSTV, type, 0, (uint32_t)high, high >> 32, bits, 0);
    }
    if (type == IR_F32) {
        bits = random_f32(g->random);
    }
    if (type == IR_F64) {
        bits = random_f64(g->random);
    }
    if (type == IR_I32) {
        bits = (uint32_t)bits;
    }
    return ir_const(g->r, type, bits);
}

/* GET of some slot of the type; 0 if there is none. */
static uint32_t new_get(struct generator *g, enum ir_type type)
{
    for (unsigned tries = 0; tries < 32; tries++) {
        const struct guest_slot *slot = &g->config->slots[below(g, g->config->slot_count)];
        if (slot->type == type) {
            return ir_get(g->r, type, slot->offset);
        }
    }
    return 0;
}

static uint32_t value_of(struct generator *g, enum ir_type type)
{
    if (g->pool_count[type] > 0 && percent(g, 80)) {
        return g->pool[type][below(g, g->pool_count[type])];
    }
    uint32_t value = percent(g, 60) ? new_get(g, type) : 0;
    if (value == 0) {
        value = new_constant(g, type);
    }
    remember(g, value);
    return value;
}

static enum ir_type random_type(struct generator *g, unsigned types)
{
    types &= ~(1u << IR_NONE);
    if (!g->config->vectors && types != 1u << IR_V128) {
        types &= ~(1u << IR_V128);
    }
    for (;;) {
        enum ir_type type = below(g, IR_TYPE_COUNT);
        if (types >> type & 1) {
            return type;
        }
    }
}

static bool random_bool(struct generator *g)
{
    return below(g, 2);
}

static uint32_t boolean(struct generator *g)
{
    enum ir_type type = random_bool(g) ? IR_I32 : IR_I64;
    enum ir_op op = IR_EQ + below(g, IR_SLE - IR_EQ + 1);
    uint32_t a = value_of(g, type), b = value_of(g, type);
    uint32_t value = ir_emit(g->r, op, type, a, b, 0, 0, 0);
    remember(g, value);
    return value;
}

static uint32_t operand(struct generator *g, enum ir_op op, unsigned n, enum ir_type own)
{
    static const struct {
        char letter;
        uint8_t types;
    } letters[] = {
        {'i', 1 << IR_I32},  {'l', 1 << IR_I64}, {'A', 1 << IR_I32},
        {'v', 1 << IR_V128}, {'f', 1 << IR_F32}, {'d', 1 << IR_F64},
    };
    if ((op == IR_ADD3 || op == IR_ADD3C || op == IR_ADD3O) && n == 2) {
        return boolean(g);
    }
    if (op == IR_SELECT && n == 0) {
        return boolean(g);
    }
    for (unsigned i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (ir_ops[op].args[n] == letters[i].letter) {
            return value_of(g, random_type(g, letters[i].types));
        }
    }
    return value_of(g, own);
}

/* ---- pure operations ------------------------------------------------------------------------- */

static uint16_t bit_field(struct generator *g, enum ir_type type)
{
    unsigned width = 8 * ir_type_size(type);
    unsigned lsb = below(g, width);
    return lsb | (1 + below(g, width - lsb)) << 8;
}

static void emit_integer(struct generator *g)
{
    enum ir_op op = IR_ADD + below(g, IR_SELECT - IR_ADD + 1);
    enum ir_type type = random_type(g, ir_op_types(op));
    uint32_t operands[3] = {0, 0, 0};
    for (unsigned i = 0; i < ir_ops[op].arity; i++) {
        operands[i] = operand(g, op, i, type);
    }
    uint16_t aux = op == IR_EXTU || op == IR_EXTS || op == IR_DEP ? bit_field(g, type) : 0;
    remember(g, ir_emit(g->r, op, type, operands[0], operands[1], operands[2], 0, aux));
}

/* aux and imm of vector operations as ops_vec.inc limits them. */
static void vector_fields(struct generator *g, enum ir_op op, enum ir_type type, uint16_t *aux,
                          int64_t *imm)
{
    unsigned lane = below(
        g, op == IR_VMULL || op == IR_VWIDEN || op == IR_VNARROW || op == IR_VSATNARROW ? 3 : 4);
    if (op == IR_VLOW || (ir_ops[op].flags & IR_FLAG_W)) {
        lane = 2 + below(g, 2);
    }
    if (op == IR_VMULQ) {
        lane = 1 + below(g, 2);
    }
    unsigned widest = ir_type_size(type) == 4 ? 2 : 3;
    if (op == IR_VGETL && (lane > widest || type == IR_F32 || type == IR_F64)) {
        lane = widest;
    }
    *imm = 0;
    if (op == IR_VSHL || op == IR_VSHR) {
        *imm = below(g, (8u << lane) + 1);
    }
    if (op == IR_VDUPL || op == IR_VGETL || op == IR_VSETL) {
        *imm = below(g, 16u >> lane);
    }
    if (op == IR_VEXT) {
        *imm = below(g, 17);
    }
    *aux = lane;
    if (random_bool(g)) {
        *aux |= IR_VEC_SIGNED;
    }
    if (random_bool(g)) {
        *aux |= IR_VEC_ROUND;
    }
    if (random_bool(g)) {
        *aux |= IR_VEC_TO_SIGNED;
    }
    if (ir_ops[op].flags & IR_FLAG_W) {
        *imm = g->config->fp_env;
    }
    if (op == IR_VFTOI || op == IR_VITOF) {
        *aux |= below(g, 33) << IR_VEC_FRACTION_SHIFT;
    }
}

static void emit_vector(struct generator *g)
{
    enum ir_op op;
    do {
        op = IR_VAND + below(g, IR_OP_COUNT - IR_VAND);
    } while ((ir_ops[op].flags & IR_FLAG_W) && !g->config->floats);
    unsigned scalars = g->config->floats ? ir_op_types(IR_VGETL) : 1u << IR_I32 | 1u << IR_I64;
    enum ir_type type = random_type(g, op == IR_VGETL ? scalars : 1u << IR_V128);
    uint16_t aux;
    int64_t imm;
    vector_fields(g, op, type, &aux, &imm);
    /* A scalar operand must have the lane's bits. */
    enum ir_type scalar = (aux & IR_VEC_LANE) == 3 ? IR_I64 : IR_I32;
    uint32_t operands[3] = {0, 0, 0};
    for (unsigned i = 0; i < ir_ops[op].arity; i++) {
        operands[i] = ir_ops[op].args[i] == '*' ? value_of(g, scalar) : operand(g, op, i, type);
    }
    remember(g, ir_emit(g->r, op, type, operands[0], operands[1], operands[2], imm, aux));
}

static void emit_float(struct generator *g)
{
    enum ir_op op = IR_FADD + below(g, IR_BITS - IR_FADD + 1);
    enum ir_type type = random_type(g, ir_op_types(op));
    uint32_t operands[3] = {0, 0, 0};
    for (unsigned i = 0; i < ir_ops[op].arity; i++) {
        operands[i] = operand(g, op, i, type);
    }
    if (op == IR_BITS) {
        static const uint8_t other[IR_TYPE_COUNT] = {
            [IR_I32] = IR_F32, [IR_I64] = IR_F64, [IR_F32] = IR_I32, [IR_F64] = IR_I64};
        operands[0] = value_of(g, other[type]);
    }
    bool uses_env = ir_ops[op].flags & IR_FLAG_W;
    uint16_t aux = op == IR_FCMP ? below(g, 2) : 0;
    if (op == IR_FCVT_SI || op == IR_FCVT_UI) {
        aux = random_bool(g) ? 7 : 3; /* the environment's rounding, or toward zero */
        aux |= g->config->legacy_nans && op == IR_FCVT_SI ? IR_FLOAT_GREATEST : 0;
    }
    if (uses_env && g->config->plain_floats) {
        aux |= IR_FLOAT_PLAIN | (g->config->legacy_nans ? IR_FLOAT_LEGACY_NAN : 0);
    }
    remember(g, ir_emit(g->r, op, type, operands[0], operands[1], operands[2],
                        uses_env ? g->config->fp_env : 0, aux));
}

/* ---- state, memory, helpers ------------------------------------------------------------------ */

static void emit_set(struct generator *g)
{
    const struct guest_slot *slot = &g->config->slots[below(g, g->config->slot_count)];
    if ((slot->type == IR_V128 && !g->config->vectors) ||
        ((slot->type == IR_F32 || slot->type == IR_F64) && !g->config->floats)) {
        return;
    }
    uint32_t value = slot->type == IR_I32 && percent(g, 30) ? boolean(g) : value_of(g, slot->type);
    ir_set(g->r, slot->offset, value);
}

static uint16_t memory_flags(struct generator *g, enum ir_op op, enum ir_type type)
{
    static const uint8_t type_log2[IR_TYPE_COUNT] = {0, 2, 3, 2, 3, 4};
    bool integer = type == IR_I32 || type == IR_I64;
    unsigned log2 = integer && op != IR_CAS ? below(g, type_log2[type] + 1u) : type_log2[type];
    uint16_t flags = log2;
    if (op == IR_LOAD && integer && random_bool(g)) {
        flags |= IR_MEM_SIGN;
    }
    if (percent(g, 20) && log2 < 4) {
        flags |= IR_MEM_BIG;
    }
    if ((flags & IR_MEM_BIG) && log2 == 3 && random_bool(g)) {
        flags |= IR_MEM_SWAP64;
    }
    if (percent(g, 30)) {
        flags |= log2 << IR_MEM_ALIGN_SHIFT;
    }
    if (percent(g, 5)) {
        flags |= IR_MEM_USER;
    }
    return flags;
}

static uint32_t address(struct generator *g)
{
    struct ir_region *r = g->r;
    uint32_t value = value_of(g, IR_I32);
    if (percent(g, g->config->wild_percent)) {
        return value;
    }
    value =
        ir_op2(r, IR_AND, value, ir_i32(r, g->config->memory_mask & ~(random_bool(g) ? 7u : 0)));
    return ir_op2(r, IR_ADD, value, ir_i32(r, g->config->memory_base));
}

static void emit_memory(struct generator *g)
{
    enum ir_op op = percent(g, 50) ? IR_LOAD : percent(g, 80) ? IR_STORE : IR_CAS;
    unsigned types = op == IR_CAS        ? 1u << IR_I32 | 1u << IR_I64
                     : g->config->floats ? ir_op_types(op)
                                         : 1u << IR_I32 | 1u << IR_I64 | 1u << IR_V128;
    enum ir_type type = random_type(g, types);
    uint32_t base = address(g);
    int64_t offset = random_bool(g) ? 0 : (int64_t)below(g, 64) - 16;
    uint32_t b = op == IR_LOAD ? 0 : value_of(g, type);
    uint32_t c = op == IR_CAS ? value_of(g, type) : 0;
    uint32_t value = ir_emit(g->r, op, type, base, b, c, offset, memory_flags(g, op, type));
    if (op != IR_STORE) {
        remember(g, value);
    }
}

static void emit_call(struct generator *g)
{
    if (g->config->helper_count == 0) {
        return;
    }
    const struct ir_helper *helper = g->config->helpers[below(g, g->config->helper_count)];
    uint32_t operands[4] = {0, 0, 0, 0};
    unsigned count = below(g, 5);
    for (unsigned i = 0; i < count; i++) {
        operands[i] = value_of(g, random_bool(g) ? IR_I32 : IR_I64);
    }
    uint32_t value = ir_call(g->r, helper, operands[0], operands[1], operands[2], operands[3]);
    if (helper->result != IR_NONE) {
        remember(g, value);
    }
}

static void emit_pcrel(struct generator *g)
{
    remember(g, ir_pcrel(g->r, IR_I32, g->config->pc + below(g, 0x2000)));
}

static void emit_op(struct generator *g)
{
    unsigned choice = below(g, 100);
    if (choice < 40) {
        emit_integer(g);
    } else if (choice < 68) {
        emit_set(g);
    } else if (choice < 72) {
        emit_call(g);
    } else if (choice < 74) {
        emit_pcrel(g);
    } else if (choice < 84 && g->config->memory) {
        emit_memory(g);
    } else if (choice < 92 && g->config->vectors) {
        emit_vector(g);
    } else if (choice < 99 && g->config->floats) {
        emit_float(g);
    } else if (choice == 99) {
        ir_emit(g->r, IR_FENCE, IR_NONE, 0, 0, 0, 0, 0);
    }
}

static void emit_ops(struct generator *g)
{
    for (unsigned i = 1 + below(g, g->config->max_ops); i > 0; i--) {
        emit_op(g);
    }
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* Some operations happen only under a condition, as a predicated instruction's do. */
static void emit_predicated(struct generator *g, uint64_t pc)
{
    struct ir_region *r = g->r;
    uint32_t body = ir_block_new(r), rest = ir_block_new(r);
    uint32_t condition = boolean(g);
    ir_emit(r, IR_BRANCH, IR_NONE, condition, rest, 0, body, 0);
    forget_values(g);
    ir_block_begin(r, body, pc, false);
    emit_ops(g);
    ir_emit(r, IR_JUMP, IR_NONE, 0, 0, 0, rest, 0);
    forget_values(g);
    ir_block_begin(r, rest, pc + INSN_SIZE, false);
}

/* A guest block to go to, mostly one of the next: going back makes its ENTRY poll. */
static uint32_t random_label(struct generator *g)
{
    unsigned ahead = g->block_count - 1 - g->block;
    if (ahead > 0 && percent(g, 70)) {
        return g->labels[g->block + 1 + below(g, ahead < 3 ? ahead : 3)];
    }
    return g->labels[below(g, g->block_count)];
}

static uint64_t random_pc(struct generator *g)
{
    return g->config->pc + below(g, 0x4000) * 2;
}

static void emit_end(struct generator *g)
{
    struct ir_region *r = g->r;
    unsigned choice = below(g, 100);
    if (choice < 60) {
        ir_emit(r, IR_BRANCH, IR_NONE, boolean(g), random_label(g), 0, random_label(g), 0);
    } else if (choice < 80) {
        ir_emit(r, IR_JUMP, IR_NONE, 0, 0, 0, random_label(g), 0);
    } else if (choice < 88) {
        ir_emit(r, IR_GOTO, IR_NONE, 0, 0, 0, random_pc(g), IR_HINT_NONE);
    } else if (choice < 92) {
        ir_emit(r, IR_GOTO, IR_NONE, 0, random_pc(g), 0, random_pc(g), IR_HINT_CALL);
    } else {
        ir_emit(r, IR_GOTOI, IR_NONE, value_of(g, IR_I32), 0, 0, 0, below(g, 3));
    }
}

/* Little enough to become selections where a branch leads to it. */
static void emit_side(struct generator *g)
{
    unsigned slot = below(g, g->config->slot_count);
    while (g->config->slots[slot].type != IR_I32) {
        slot = (slot + 1) % g->config->slot_count;
    }
    if (random_bool(g)) {
        emit_integer(g);
    }
    ir_set(g->r, g->config->slots[slot].offset, value_of(g, IR_I32));
}

static void emit_block(struct generator *g)
{
    struct ir_region *r = g->r;
    uint64_t pc = g->config->pc + g->block * BLOCK_SIZE;
    bool side = percent(g, 30);
    unsigned insns = 1 + below(g, side ? 2 : g->config->max_insns);
    forget_values(g);
    ir_block_begin(r, g->labels[g->block], pc, true);
    ir_emit(r, IR_ENTRY, IR_NONE, 0, 0, 0, pc, 0);
    if (percent(g, 5)) { /* tests leave cpu->exec all zeros: passes or not */
        ir_emit(r, IR_GUARD, IR_NONE, 0, random_bool(g), 0, pc + 0x1000, 0);
    }
    if (g->config->lazy && percent(g, 20)) {
        ir_emit(r, IR_REQUIRE, IR_NONE, 0, !percent(g, 10), 0, g->config->lazy, 0);
    }
    ir_emit(r, IR_COUNT, IR_NONE, 0, 0, 0, insns, 0);
    for (unsigned i = 0; i < insns; i++, pc += INSN_SIZE) {
        uint32_t tag = percent(g, 20) ? below(g, 256) : 0;
        ir_emit(r, IR_INSN, IR_NONE, 0, tag, 0, pc, INSN_SIZE);
        if (side) {
            emit_side(g);
        } else if (percent(g, 15)) {
            emit_predicated(g, pc);
        } else {
            emit_ops(g);
        }
    }
    r->guest_insns += insns;
    if (side) {
        ir_emit(r, IR_JUMP, IR_NONE, 0, 0, 0, random_label(g), 0);
    } else {
        emit_end(g);
    }
}

/* Edges that go back make the ENTRY they reach poll, so that every loop ends. */
static void mark_loops(struct generator *g)
{
    struct ir_region *r = g->r;
    for (struct ir_block *block = r->blocks; block < r->blocks + r->block_count; block++) {
        const struct ir_inst *end = &r->insts[block->end - 1];
        uint32_t labels[2] = {end->imm, end->b};
        unsigned count = end->op == IR_BRANCH ? 2 : end->op == IR_JUMP ? 1 : 0;
        for (unsigned i = 0; i < count; i++) {
            struct ir_inst *first = &r->insts[r->blocks[labels[i]].first];
            if (first->op == IR_ENTRY && r->blocks[labels[i]].first <= block->first) {
                first->aux = 1;
            }
        }
    }
}

void ir_random_region(struct ir_region *r, const struct ir_random_config *config, uint64_t *random)
{
    struct generator g = {.r = r, .config = config, .random = random};
    ir_region_reset(r);
    r->pc = r->page = config->pc;
    g.block_count =
        1 + below(&g, config->max_blocks < MAX_BLOCKS ? config->max_blocks : MAX_BLOCKS);
    for (unsigned i = 0; i < g.block_count; i++) {
        g.labels[i] = ir_block_new(r);
    }
    for (g.block = 0; g.block < g.block_count; g.block++) {
        emit_block(&g);
    }
    mark_loops(&g);
    char message[256];
    if (!ir_verify(r, message, sizeof(message))) {
        ir_print(r, config->slots, config->slot_count, stderr);
        fprintf(stderr, "%s\n", message);
        CHECK_UNREACHABLE();
    }
}
