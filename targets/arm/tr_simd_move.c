/* Permutations, table lookup, duplication and constants (DDI 0406C A7.4.5, A7.4.6, A8.8). */
#include "targets/arm/simd_fns.h"

/* ---- VREV: elements reversed within containers of 2^container bytes -------------------------- */

/* Element numbers within a container are inverted, which for byte numbers is an exclusive or. The
 * rows allow only elements smaller than the container. */
static uint32_t reverse(struct simd *s, unsigned container, uint32_t m)
{
    uint64_t flip = ((UINT64_C(1) << container) - (UINT64_C(1) << s->size)) * 0x0101010101010101;
    return simd_op2(s, IR_VSHUF, 0, m,
                    simd_const(s, flip ^ 0x0706050403020100, flip ^ 0x0f0e0d0c0b0a0908));
}

uint32_t simd_vrev64(struct simd *s, uint32_t m)
{
    return reverse(s, 3, m);
}

uint32_t simd_vrev32(struct simd *s, uint32_t m)
{
    return reverse(s, 2, m);
}

uint32_t simd_vrev16(struct simd *s, uint32_t m)
{
    return reverse(s, 1, m);
}

/* ---- exchanges between two registers --------------------------------------------------------- */

void simd_vswp(struct simd *s, uint32_t *d, uint32_t *m)
{
    uint32_t old = *d;
    *d = *m;
    *m = old;
}

/* 2x2 matrices: within each pair of lanes, d's odd one and m's even one change places. */
void simd_vtrn(struct simd *s, uint32_t *d, uint32_t *m)
{
    unsigned bits = simd_lane_bits(s->size), wide = s->size + 1;
    uint32_t even = simd_splat(s, wide, UINT64_MAX >> (64 - bits));
    uint32_t first = simd_op3(s, IR_VBSL, 0, even, *d, simd_shl(s, wide, *m, bits));
    uint32_t second = simd_op3(s, IR_VBSL, 0, even, simd_shr(s, wide, *d, bits), *m);
    *d = first;
    *m = second;
}

static uint32_t high_half(struct simd *s, uint32_t value)
{
    return simd_op2(s, IR_VZIPH, 3, value, value);
}

void simd_vuzp(struct simd *s, uint32_t *d, uint32_t *m)
{
    uint32_t a = *d, b = *m;
    if (!s->q) {
        a = b = simd_op2(s, IR_VZIPL, 3, a, b);
    }
    *d = simd_op2(s, IR_VUZPE, s->size, a, b);
    *m = simd_op2(s, IR_VUZPO, s->size, a, b);
}

void simd_vzip(struct simd *s, uint32_t *d, uint32_t *m)
{
    uint32_t low = simd_op2(s, IR_VZIPL, s->size, *d, *m);
    *m = s->q ? simd_op2(s, IR_VZIPH, s->size, *d, *m) : high_half(s, low);
    *d = low;
}

/* ---- VEXT, VTBL, VTBX, VDUP ------------------------------------------------------------------ */

void simd_ext(void *t, const struct decode_insn *insn)
{
    struct simd s;
    if (!simd_begin(&s, t, insn)) {
        return;
    }
    unsigned first = s.bits >> 8 & 15;
    if (s.q ? (s.d | s.n | s.m) % 2 : first >= 8) {
        arm_undefined(s.t);
        return;
    }
    uint32_t low, high;
    if (s.q) {
        low = simd_get(&s, s.n, true);
        high = simd_get(&s, s.m, true);
    } else {
        low = high = simd_get_pair(&s, s.n, s.m);
    }
    simd_set(&s, s.d, s.q, ir_emit(s.ir, IR_VEXT, IR_V128, low, high, 0, first, 0));
}

/* Indices beyond the table give 0 (VTBL) or leave the destination's byte (VTBX, bit 6). */
void simd_table(void *t, const struct decode_insn *insn)
{
    struct simd s;
    if (!simd_begin(&s, t, insn)) {
        return;
    }
    unsigned length = (s.bits >> 8 & 3) + 1;
    if (s.n + length > 32) { /* UNPREDICTABLE */
        arm_undefined(s.t);
        return;
    }
    uint32_t index = simd_get(&s, s.m, false), table[2] = {0, 0}, result;
    for (unsigned i = 0; i < length; i += 2) {
        table[i / 2] =
            i + 1 < length ? simd_get_pair(&s, s.n + i, s.n + i + 1) : simd_get(&s, s.n + i, false);
    }
    if (length <= 2) {
        result = simd_op2(&s, IR_VSHUF, 0, table[0], index);
    } else {
        result = simd_op3(&s, IR_VPERM, 0, table[0], table[1], index);
    }
    if (s.q) {
        uint32_t inside = simd_op2(&s, IR_VCMPGT, 0, simd_splat(&s, 0, 8 * length), index);
        result = simd_op3(&s, IR_VBSL, 0, inside, result, simd_get(&s, s.d, false));
    }
    simd_set(&s, s.d, false, result);
}

/* imm4 is xxx1 for bytes, xx10 for halfwords, x100 for words; the rest is the lane. */
void simd_dup(void *t, const struct decode_insn *insn)
{
    struct simd s;
    if (!simd_begin(&s, t, insn)) {
        return;
    }
    unsigned imm = s.bits >> 16 & 15;
    if (imm % 8 == 0 || (s.q && s.d % 2)) {
        arm_undefined(s.t);
        return;
    }
    unsigned size = __builtin_ctz(imm);
    uint32_t m = simd_get(&s, s.m, false);
    simd_set(&s, s.d, s.q, simd_dup_lane(&s, size, m, imm >> (size + 1)));
}

/* ---- one register and a modified immediate (A7.4.6) ------------------------------------------ */

/* AdvSIMDExpandImm(op, cmode, imm8). */
static uint64_t expand_immediate(unsigned op, unsigned cmode, uint64_t imm)
{
    const uint64_t words = 0x0000000100000001, halves = 0x0001000100010001;
    const uint64_t bytes = 0x0101010101010101;
    if (cmode < 8) {
        return imm << 8 * (cmode >> 1) | imm << (8 * (cmode >> 1) + 32);
    }
    if (cmode < 12) {
        return (imm << 8 * (cmode >> 1 & 1)) * halves;
    }
    if (cmode < 14) {
        return (cmode & 1 ? imm << 16 | 0xffff : imm << 8 | 0xff) * words;
    }
    if (cmode == 14 && !op) {
        return imm * bytes;
    }
    if (cmode == 14) { /* one byte of each bit: gather bit i in byte i, then spread it */
        uint64_t result = 0;
        for (unsigned i = 0; i < 8; i++) {
            result |= (imm >> i & 1 ? UINT64_C(0xff) : 0) << 8 * i;
        }
        return result;
    }
    /* a single-precision number: sign, NOT(b), bbbbb, cdefgh */
    uint64_t exponent = imm & 0x40 ? 0x3e000000 : 0x40000000;
    return ((imm & 0x80) << 24 | exponent | (imm & 0x3f) << 19) * words;
}

void simd_immediate(void *t, const struct decode_insn *insn)
{
    struct simd s;
    if (!simd_begin(&s, t, insn)) {
        return;
    }
    unsigned op = s.bits >> 5 & 1, cmode = s.bits >> 8 & 15;
    unsigned imm = s.u << 7 | (s.bits >> 16 & 7) << 4 | (s.bits & 15);
    if ((s.q && s.d % 2) || (op && cmode == 15)) {
        arm_undefined(s.t);
        return;
    }
    uint64_t word = expand_immediate(op, cmode, imm);
    bool combine = cmode < 12 && (cmode & 1);
    if (op && !combine && cmode != 14) {
        word = ~word;
    }
    uint32_t value = simd_const(&s, word, word);
    if (combine) {
        value = simd_op2(&s, op ? IR_VANDN : IR_VOR, 0, simd_dest(&s), value);
    }
    simd_set(&s, s.d, s.q, value);
}
