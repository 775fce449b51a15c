/* The forms of Advanced SIMD data processing: operands, UNDEFINED cases and results (DDI 0406C
 * A7.4). */
#include "targets/arm/simd.h"

/* All data-processing encodings have their registers in the same bits, which is why these are taken
 * from the encoding itself and not from a row's letters. */
bool simd_begin(struct simd *s, void *t, const struct decode_insn *insn)
{
    uint32_t bits = insn->bits;
    *s = (struct simd){
        .t = t,
        .bits = bits,
        .u = bits >> 24 & 1,
        .q = bits >> 6 & 1,
        .d = (bits >> 22 & 1) << 4 | (bits >> 12 & 15),
        .n = (bits >> 7 & 1) << 4 | (bits >> 16 & 15),
        .m = (bits >> 5 & 1) << 4 | (bits & 15),
    };
    s->ir = s->t->ir;
    return arm_fp_check(t);
}

/* ---- building -------------------------------------------------------------------------------- */

uint32_t simd_op3(const struct simd *s, enum ir_op op, unsigned aux, uint32_t a, uint32_t b,
                  uint32_t c)
{
    return ir_emit(s->ir, op, IR_V128, a, b, c, 0, aux);
}

uint32_t simd_op2(const struct simd *s, enum ir_op op, unsigned aux, uint32_t a, uint32_t b)
{
    return simd_op3(s, op, aux, a, b, 0);
}

uint32_t simd_op1(const struct simd *s, enum ir_op op, unsigned aux, uint32_t a)
{
    return simd_op3(s, op, aux, a, 0, 0);
}

uint32_t simd_shl(const struct simd *s, unsigned aux, uint32_t a, unsigned count)
{
    return count ? ir_emit(s->ir, IR_VSHL, IR_V128, a, 0, 0, count, aux) : a;
}

uint32_t simd_shr(const struct simd *s, unsigned aux, uint32_t a, unsigned count)
{
    return count ? ir_emit(s->ir, IR_VSHR, IR_V128, a, 0, 0, count, aux) : a;
}

uint32_t simd_dup_lane(const struct simd *s, unsigned size, uint32_t a, unsigned lane)
{
    return ir_emit(s->ir, IR_VDUPL, IR_V128, a, 0, 0, lane, size);
}

uint32_t simd_const(const struct simd *s, uint64_t low, uint64_t high)
{
    return ir_emit(s->ir, IR_CONSTV, IR_V128, 0, (uint32_t)high, high >> 32, low, 0);
}

uint32_t simd_splat(const struct simd *s, unsigned size, uint64_t value)
{
    unsigned bits = simd_lane_bits(size);
    uint64_t word = value & UINT64_MAX >> (64 - bits);
    for (; bits < 64; bits *= 2) {
        word |= word << bits;
    }
    return simd_const(s, word, word);
}

uint32_t simd_get(const struct simd *s, unsigned reg, bool quad)
{
    if (quad) {
        return ir_get(s->ir, IR_V128, simd_offset(reg));
    }
    return simd_op1(s, IR_VLOW, 3, ir_get(s->ir, IR_F64, simd_offset(reg)));
}

static void set_half(const struct simd *s, unsigned reg, uint32_t value, unsigned half)
{
    ir_set(s->ir, simd_offset(reg), ir_emit(s->ir, IR_VGETL, IR_F64, value, 0, 0, half, 3));
}

void simd_set(const struct simd *s, unsigned reg, bool quad, uint32_t value)
{
    if (quad) {
        ir_set(s->ir, simd_offset(reg), value);
    } else {
        set_half(s, reg, value, 0);
    }
}

uint32_t simd_get_pair(const struct simd *s, unsigned low, unsigned high)
{
    if (low % 2 == 0 && high == low + 1) {
        return simd_get(s, low, true);
    }
    return simd_op2(s, IR_VPAIR, 3, ir_get(s->ir, IR_F64, simd_offset(low)),
                    ir_get(s->ir, IR_F64, simd_offset(high)));
}

void simd_set_pair(const struct simd *s, unsigned low, unsigned high, uint32_t value)
{
    if (low % 2 == 0 && high == low + 1) {
        simd_set(s, low, true, value);
    } else {
        set_half(s, low, value, 0);
        set_half(s, high, value, 1);
    }
}

uint32_t simd_dest(const struct simd *s)
{
    return simd_get(s, s->d, s->q);
}

void simd_saturated(const struct simd *s, uint32_t difference)
{
    uint32_t qc = ir_get(s->ir, IR_V128, ARM_OFF(qc));
    ir_set(s->ir, ARM_OFF(qc), simd_op2(s, IR_VOR, 0, qc, difference));
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* Raises Undefined if `wrong`; returns whether the translation may go on. */
static bool allowed(struct simd *s, bool wrong)
{
    if (wrong) {
        arm_undefined(s->t);
    }
    return !wrong;
}

static bool odd_quad(const struct simd *s, unsigned registers)
{
    return s->q && registers % 2;
}

static bool has_size(const struct simd *s, unsigned sizes)
{
    return sizes >> s->size & 1;
}

/* ---- three registers of the same length (A7.4.1) --------------------------------------------- */

static bool begin_three(struct simd *s, void *t, const struct decode_insn *insn, unsigned sizes)
{
    if (!simd_begin(s, t, insn)) {
        return false;
    }
    s->size = s->bits >> 20 & 3;
    return allowed(s, odd_quad(s, s->d | s->n | s->m) || !has_size(s, sizes));
}

/* Bit 20 is sz, which must be 0; bit 21 belongs to the opcode. */
static bool begin_three_float(struct simd *s, void *t, const struct decode_insn *insn)
{
    if (!simd_begin(s, t, insn)) {
        return false;
    }
    s->size = 2;
    return allowed(s, odd_quad(s, s->d | s->n | s->m) || (s->bits >> 20 & 1));
}

static void do_three(struct simd *s, simd_binary *fn)
{
    uint32_t n = simd_get(s, s->n, s->q);
    uint32_t m = s->m == s->n ? n : simd_get(s, s->m, s->q);
    simd_set(s, s->d, s->q, fn(s, n, m));
}

void simd_three(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (begin_three(&s, t, insn, sizes)) {
        do_three(&s, fn);
    }
}

void simd_three_float(void *t, const struct decode_insn *insn, simd_binary *fn)
{
    struct simd s;
    if (begin_three_float(&s, t, insn)) {
        do_three(&s, fn);
    }
}

static void do_pairwise(struct simd *s, simd_binary *fn)
{
    if (!allowed(s, s->q)) {
        return;
    }
    uint32_t both = simd_get_pair(s, s->n, s->m);
    uint32_t even = simd_op2(s, IR_VUZPE, s->size, both, both);
    uint32_t odd = simd_op2(s, IR_VUZPO, s->size, both, both);
    simd_set(s, s->d, false, fn(s, even, odd));
}

void simd_pairwise(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (begin_three(&s, t, insn, sizes)) {
        do_pairwise(&s, fn);
    }
}

void simd_pairwise_float(void *t, const struct decode_insn *insn, simd_binary *fn)
{
    struct simd s;
    if (begin_three_float(&s, t, insn)) {
        do_pairwise(&s, fn);
    }
}

static void do_call(struct simd *s, const struct ir_helper *helper, unsigned n)
{
    ir_call(s->ir, helper, ir_i32(s->ir, simd_offset(s->d)), ir_i32(s->ir, simd_offset(n)),
            ir_i32(s->ir, simd_offset(s->m)), ir_i32(s->ir, simd_shape(s)));
}

void simd_three_call(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                     unsigned sizes)
{
    struct simd s;
    if (begin_three(&s, t, insn, sizes)) {
        do_call(&s, helper, s.n);
    }
}

/* ---- three registers of different lengths (A7.4.2) ------------------------------------------- */

static bool begin_long(struct simd *s, void *t, const struct decode_insn *insn, unsigned sizes)
{
    if (!simd_begin(s, t, insn)) {
        return false;
    }
    s->size = s->bits >> 20 & 3;
    return allowed(s, !has_size(s, sizes));
}

void simd_long(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (!begin_long(&s, t, insn, sizes) || !allowed(&s, s.d % 2)) {
        return;
    }
    s.q = true;
    uint32_t n = simd_get(&s, s.n, false);
    uint32_t m = simd_get(&s, s.m, false);
    simd_set(&s, s.d, true, fn(&s, n, m));
}

void simd_long_call(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                    unsigned sizes)
{
    struct simd s;
    if (begin_long(&s, t, insn, sizes) && allowed(&s, s.d % 2)) {
        do_call(&s, helper, s.n);
    }
}

void simd_wide(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (!begin_long(&s, t, insn, sizes) || !allowed(&s, (s.d | s.n) % 2)) {
        return;
    }
    s.q = true;
    uint32_t n = simd_get(&s, s.n, true);
    uint32_t m = simd_op1(&s, IR_VWIDEN, simd_signs(&s, s.size), simd_get(&s, s.m, false));
    simd_set(&s, s.d, true, fn(&s, n, m));
}

void simd_narrow(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (!begin_long(&s, t, insn, sizes) || !allowed(&s, (s.n | s.m) % 2)) {
        return;
    }
    uint32_t n = simd_get(&s, s.n, true);
    uint32_t m = simd_get(&s, s.m, true);
    simd_set(&s, s.d, false, fn(&s, n, m));
}

/* ---- two registers and a scalar (A7.4.3) ----------------------------------------------------- */

/* The scalar is D[m<2:0>][M:m<3>] with 16-bit lanes, D[m<3:0>][M] with 32-bit ones. */
static uint32_t scalar(const struct simd *s)
{
    unsigned reg = s->size == 1 ? s->m & 7 : s->m & 15;
    unsigned lane = s->size == 1 ? s->m >> 3 : s->m >> 4;
    return simd_dup_lane(s, s->size, simd_get(s, reg, false), lane);
}

static bool begin_scalar(struct simd *s, void *t, const struct decode_insn *insn, unsigned sizes)
{
    if (!begin_long(s, t, insn, sizes)) {
        return false;
    }
    s->q = s->u;
    s->u = false;
    return allowed(s, odd_quad(s, s->d | s->n));
}

void simd_scalar(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (!begin_scalar(&s, t, insn, sizes)) {
        return;
    }
    uint32_t n = simd_get(&s, s.n, s.q);
    simd_set(&s, s.d, s.q, fn(&s, n, scalar(&s)));
}

void simd_scalar_float(void *t, const struct decode_insn *insn, simd_binary *fn)
{
    struct simd s;
    if (!begin_scalar(&s, t, insn, SIMD_32)) {
        return;
    }
    uint32_t n = simd_get(&s, s.n, s.q), m = scalar(&s);
    if (!s.q) { /* no flags from lanes that are not there */
        m = simd_op2(&s, IR_VZIPL, 3, m, simd_const(&s, 0, 0));
    }
    simd_set(&s, s.d, s.q, fn(&s, n, m));
}

void simd_scalar_long(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes)
{
    struct simd s;
    if (!begin_long(&s, t, insn, sizes) || !allowed(&s, s.d % 2)) {
        return;
    }
    s.q = true;
    uint32_t n = simd_get(&s, s.n, false);
    simd_set(&s, s.d, true, fn(&s, n, scalar(&s)));
}

/* ---- two registers (A7.4.5) ------------------------------------------------------------------ */

static bool begin_two(struct simd *s, void *t, const struct decode_insn *insn, unsigned sizes)
{
    if (!simd_begin(s, t, insn)) {
        return false;
    }
    s->size = s->bits >> 18 & 3;
    return allowed(s, !has_size(s, sizes));
}

void simd_two(void *t, const struct decode_insn *insn, simd_unary *fn, unsigned sizes)
{
    struct simd s;
    if (begin_two(&s, t, insn, sizes) && allowed(&s, odd_quad(&s, s.d | s.m))) {
        simd_set(&s, s.d, s.q, fn(&s, simd_get(&s, s.m, s.q)));
    }
}

void simd_two_narrow(void *t, const struct decode_insn *insn, simd_unary *fn, unsigned sizes)
{
    struct simd s;
    if (begin_two(&s, t, insn, sizes) && allowed(&s, s.m % 2)) {
        simd_set(&s, s.d, false, fn(&s, simd_get(&s, s.m, true)));
    }
}

void simd_two_long(void *t, const struct decode_insn *insn, simd_unary *fn, unsigned sizes)
{
    struct simd s;
    if (!begin_two(&s, t, insn, sizes) || !allowed(&s, s.d % 2)) {
        return;
    }
    s.q = true;
    simd_set(&s, s.d, true, fn(&s, simd_get(&s, s.m, false)));
}

void simd_two_call(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                   unsigned sizes)
{
    struct simd s;
    if (begin_two(&s, t, insn, sizes) && allowed(&s, odd_quad(&s, s.d | s.m))) {
        do_call(&s, helper, s.m);
    }
}

/* The size field says 16 bits. */
void simd_two_half(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                   bool to_single)
{
    struct simd s;
    if (begin_two(&s, t, insn, SIMD_16) && allowed(&s, (to_single ? s.d : s.m) % 2)) {
        do_call(&s, helper, s.m);
    }
}

void simd_two_both(void *t, const struct decode_insn *insn, simd_exchange *fn, unsigned sizes,
                   unsigned sizes_double)
{
    struct simd s;
    if (!begin_two(&s, t, insn, ((insn->bits >> 6 & 1) != 0) ? sizes : sizes_double) ||
        !allowed(&s, odd_quad(&s, s.d | s.m))) {
        return;
    }
    uint32_t d = simd_get(&s, s.d, s.q);
    uint32_t m = simd_get(&s, s.m, s.q);
    fn(&s, &d, &m);
    simd_set(&s, s.d, s.q, d);
    simd_set(&s, s.m, s.q, m);
}

/* ---- two registers and a shift amount (A7.4.4) ----------------------------------------------- */

/* L:imm6 is 0001xxx for 8-bit lanes up to 1xxxxxx for 64-bit ones: the leading one tells the size,
 * the rest counts up from no shift to the left and down from a whole lane to the right. */
static bool begin_shift(struct simd *s, void *t, const struct decode_insn *insn, bool left)
{
    if (!simd_begin(s, t, insn)) {
        return false;
    }
    unsigned amount = (s->bits >> 7 & 1) << 6 | (s->bits >> 16 & 63);
    s->size = 31 - __builtin_clz(amount) - 3;
    unsigned bits = simd_lane_bits(s->size);
    s->shift = left ? amount - bits : 2 * bits - amount;
    s->n = s->m;
    return true;
}

static void do_shift(void *t, const struct decode_insn *insn, simd_unary *fn, bool left)
{
    struct simd s;
    if (begin_shift(&s, t, insn, left) && allowed(&s, odd_quad(&s, s.d | s.m))) {
        simd_set(&s, s.d, s.q, fn(&s, simd_get(&s, s.m, s.q)));
    }
}

void simd_shift_right(void *t, const struct decode_insn *insn, simd_unary *fn)
{
    do_shift(t, insn, fn, false);
}

void simd_shift_left(void *t, const struct decode_insn *insn, simd_unary *fn)
{
    do_shift(t, insn, fn, true);
}

/* The encoded size is the result's; bit 6 is not Q. */
void simd_shift_narrow(void *t, const struct decode_insn *insn, simd_unary *fn)
{
    struct simd s;
    if (begin_shift(&s, t, insn, false) && allowed(&s, s.m % 2)) {
        simd_set(&s, s.d, false, fn(&s, simd_get(&s, s.m, true)));
    }
}

void simd_shift_long(void *t, const struct decode_insn *insn, simd_unary *fn)
{
    struct simd s;
    if (!begin_shift(&s, t, insn, true) || !allowed(&s, s.d % 2)) {
        return;
    }
    s.q = true;
    simd_set(&s, s.d, true, fn(&s, simd_get(&s, s.m, false)));
}

/* Lanes are of 32 bits; the amount is the number of fraction bits. */
void simd_shift_fixed(void *t, const struct decode_insn *insn, simd_unary *fn)
{
    do_shift(t, insn, fn, false);
}
