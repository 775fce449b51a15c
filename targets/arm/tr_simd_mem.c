/* Element and structure loads and stores, VLD1-4 and VST1-4 (DDI 0406C A7.7, A8.8). Whole
 * structures are accessed in pieces of 16 and 8 bytes and permuted in registers; all loads come
 * before any register changes. */
#include "targets/arm/simd_fns.h"

/* One instruction, fields common to the three kinds of encodings. */
struct simd_mem {
    struct simd s;
    bool load;
    unsigned n, m;      /* base and index registers of the core */
    unsigned size;      /* log2 of the bytes of an element */
    unsigned elements;  /* of a structure, 1 .. 4 */
    unsigned spacing;   /* between the registers of one structure */
    unsigned alignment; /* log2 of what the address must be a multiple of; 0: what SCTLR.A asks */
    unsigned bytes;     /* accessed, for the writeback */
    uint32_t base;      /* IR value */
};

static bool begin(struct simd_mem *x, void *t, const struct decode_insn *insn)
{
    *x = (struct simd_mem){
        .load = insn->bits >> 21 & 1,
        .n = insn->bits >> 16 & 15,
        .m = insn->bits & 15,
        .spacing = 1,
    };
    return simd_begin(&x->s, t, insn);
}

/* Raises Undefined for encodings that are UNDEFINED or UNPREDICTABLE; otherwise reads the base. */
static bool start(struct simd_mem *x, bool undefined, unsigned last_register)
{
    if (undefined || x->n == 15 || last_register > 31) {
        arm_undefined(x->s.t);
        return false;
    }
    x->base = arm_reg(x->s.t, x->n);
    return true;
}

/* m = 15: no writeback; 13: by the bytes accessed; otherwise by Rm. */
static void write_back(const struct simd_mem *x)
{
    if (x->m == 15) {
        return;
    }
    uint32_t step = x->m == 13 ? ir_i32(x->s.ir, x->bytes) : arm_reg(x->s.t, x->m);
    arm_reg_set(x->s.t, x->n, ir_op2(x->s.ir, IR_ADD, x->base, step));
}

/* aux of an access of 2^size bytes at the base + offset: the first one checks the alignment of
 * all. */
static uint16_t access(const struct simd_mem *x, unsigned offset, unsigned size)
{
    unsigned mem = arm_mem(x->s.t, x->size, false) & ~IR_MEM_SIZE;
    if (x->alignment && offset == 0) {
        mem = (mem & ~IR_MEM_ALIGN) | x->alignment << IR_MEM_ALIGN_SHIFT;
    }
    return mem | size;
}

/* ---- all elements of one to four registers --------------------------------------------------- */

/* Pieces are moved in the byte order of memory; big-endian elements are turned round in the
 * register. */
static uint32_t swap_elements(const struct simd_mem *x, uint32_t value)
{
    if (!(access(x, 0, 0) & IR_MEM_BIG) || x->size == 0) {
        return value;
    }
    uint64_t flip = ((UINT64_C(1) << x->size) - 1) * 0x0101010101010101;
    return simd_op2(&x->s, IR_VSHUF, 0, value,
                    simd_const(&x->s, flip ^ 0x0706050403020100, flip ^ 0x0f0e0d0c0b0a0908));
}

/* 8 or 16 bytes at the base + offset. */
static uint32_t load_piece(const struct simd_mem *x, unsigned offset, unsigned bytes)
{
    uint32_t value;
    if (bytes == 16) {
        value = ir_load(x->s.ir, IR_V128, x->base, offset, access(x, offset, 4) & ~IR_MEM_BIG);
    } else {
        value = ir_load(x->s.ir, IR_F64, x->base, offset, access(x, offset, 3) & ~IR_MEM_BIG);
        value = simd_op1(&x->s, IR_VLOW, 3, value);
    }
    return swap_elements(x, value);
}

static void store_piece(const struct simd_mem *x, unsigned offset, unsigned bytes, uint32_t value)
{
    value = swap_elements(x, value);
    if (bytes == 16) {
        ir_store(x->s.ir, x->base, offset, value, access(x, offset, 4) & ~IR_MEM_BIG);
    } else {
        value = ir_emit(x->s.ir, IR_VGETL, IR_F64, value, 0, 0, 0, 3);
        ir_store(x->s.ir, x->base, offset, value, access(x, offset, 3) & ~IR_MEM_BIG);
    }
}

/* Elements in memory order: pieces[i] are bytes [16 * i, 16 * i + 16); the last may be half
 * used. */
enum { PIECES = 2 };

static unsigned piece_bytes(unsigned bytes, unsigned i)
{
    return bytes - 16 * i >= 16 ? 16 : 8;
}

/* Bytes 3 * i + element of three registers' worth of memory, as a control of VPERM; size as
 * log2. */
static uint32_t perm3(const struct simd *s, unsigned size, bool store, unsigned first_byte)
{
    uint8_t control[16];
    unsigned bytes = 1u << size, per_register = 8u >> size;
    for (unsigned i = 0; i < 16; i++) {
        unsigned lane = (first_byte + i) >> size, from;
        if (store) { /* memory byte -> register byte */
            from = (lane % 3 * per_register + lane / 3) * bytes + i % bytes;
        } else {
            from = (lane % per_register * 3 + lane / per_register) * bytes + i % bytes;
        }
        control[i] = first_byte + i < 24 ? from : 0xff;
    }
    uint64_t half[2] = {0, 0};
    for (unsigned i = 0; i < 16; i++) {
        half[i / 8] |= (uint64_t)control[i] << 8 * (i % 8);
    }
    return simd_const(s, half[0], half[1]);
}

static void load_1(const struct simd_mem *x, unsigned registers)
{
    uint32_t piece[PIECES];
    for (unsigned i = 0; 2 * i < registers; i++) {
        piece[i] = load_piece(x, 16 * i, piece_bytes(8 * registers, i));
    }
    for (unsigned i = 0; i < registers; i += 2) {
        if (i + 1 < registers) {
            simd_set_pair(&x->s, x->s.d + i, x->s.d + i + 1, piece[i / 2]);
        } else {
            simd_set(&x->s, x->s.d + i, false, piece[i / 2]);
        }
    }
}

static void store_1(const struct simd_mem *x, unsigned registers)
{
    for (unsigned i = 0; i < registers; i += 2) {
        if (i + 1 < registers) {
            store_piece(x, 8 * i, 16, simd_get_pair(&x->s, x->s.d + i, x->s.d + i + 1));
        } else {
            store_piece(x, 8 * i, 8, simd_get(&x->s, x->s.d + i, false));
        }
    }
}

/* registers: 1 or 2 of each kind of element. */
static void load_2(const struct simd_mem *x, unsigned registers)
{
    const struct simd *s = &x->s;
    unsigned d = s->d, d2 = d + x->spacing;
    uint32_t low = load_piece(x, 0, 16);
    uint32_t high = registers == 2 ? load_piece(x, 16, 16) : low;
    uint32_t even = simd_op2(s, IR_VUZPE, x->size, low, high);
    uint32_t odd = simd_op2(s, IR_VUZPO, x->size, low, high);
    if (registers == 2) {
        simd_set_pair(s, d, d + 1, even);
        simd_set_pair(s, d2, d2 + 1, odd);
    } else {
        simd_set(s, d, false, even);
        simd_set(s, d2, false, odd);
    }
}

static void store_2(const struct simd_mem *x, unsigned registers)
{
    const struct simd *s = &x->s;
    unsigned d = s->d, d2 = d + x->spacing;
    if (registers == 1) {
        uint32_t both =
            simd_op2(s, IR_VZIPL, x->size, simd_get(s, d, false), simd_get(s, d2, false));
        store_piece(x, 0, 16, both);
        return;
    }
    uint32_t even = simd_get_pair(s, d, d + 1), odd = simd_get_pair(s, d2, d2 + 1);
    store_piece(x, 0, 16, simd_op2(s, IR_VZIPL, x->size, even, odd));
    store_piece(x, 16, 16, simd_op2(s, IR_VZIPH, x->size, even, odd));
}

static void load_3(const struct simd_mem *x, unsigned registers)
{
    const struct simd *s = &x->s;
    uint32_t low = load_piece(x, 0, 16), high = load_piece(x, 16, 8);
    uint32_t first = perm3(s, x->size, false, 0), last = perm3(s, x->size, false, 16);
    simd_set_pair(s, s->d, s->d + x->spacing, simd_op3(s, IR_VPERM, 0, low, high, first));
    simd_set(s, s->d + 2 * x->spacing, false, simd_op3(s, IR_VPERM, 0, low, high, last));
}

static void store_3(const struct simd_mem *x, unsigned registers)
{
    const struct simd *s = &x->s;
    uint32_t low = simd_get_pair(s, s->d, s->d + x->spacing);
    uint32_t high = simd_get(s, s->d + 2 * x->spacing, false);
    uint32_t first = perm3(s, x->size, true, 0), last = perm3(s, x->size, true, 16);
    store_piece(x, 0, 16, simd_op3(s, IR_VPERM, 0, low, high, first));
    store_piece(x, 16, 8, simd_op3(s, IR_VPERM, 0, low, high, last));
}

/* a0 b0 c0 d0 a1 ..: the even lanes are a and c, of which the even ones are a. */
static void load_4(const struct simd_mem *x, unsigned registers)
{
    const struct simd *s = &x->s;
    unsigned d = s->d, step = x->spacing;
    uint32_t low = load_piece(x, 0, 16), high = load_piece(x, 16, 16);
    uint32_t ac = simd_op2(s, IR_VUZPE, x->size, low, high);
    uint32_t bd = simd_op2(s, IR_VUZPO, x->size, low, high);
    simd_set_pair(s, d, d + step, simd_op2(s, IR_VUZPE, x->size, ac, bd));
    simd_set_pair(s, d + 2 * step, d + 3 * step, simd_op2(s, IR_VUZPO, x->size, ac, bd));
}

static void store_4(const struct simd_mem *x, unsigned registers)
{
    const struct simd *s = &x->s;
    unsigned d = s->d, step = x->spacing;
    uint32_t ab = simd_get_pair(s, d, d + step);
    uint32_t cd = simd_get_pair(s, d + 2 * step, d + 3 * step);
    uint32_t ac = simd_op2(s, IR_VZIPL, x->size, ab, cd);
    uint32_t bd = simd_op2(s, IR_VZIPH, x->size, ab, cd);
    store_piece(x, 0, 16, simd_op2(s, IR_VZIPL, x->size, ac, bd));
    store_piece(x, 16, 16, simd_op2(s, IR_VZIPH, x->size, ac, bd));
}

/* By the number of elements in a structure, less one. */
static void (*const loads[4])(const struct simd_mem *x, unsigned registers) = {load_1, load_2,
                                                                               load_3, load_4};
static void (*const stores[4])(const struct simd_mem *x, unsigned registers) = {store_1, store_2,
                                                                                store_3, store_4};

/* Table A7-20 by the type field: `aligns` is the set of allowed align fields. */
static const struct structure_type {
    uint8_t elements, registers, spacing, aligns;
} structure_types[16] = {
    [0] = {4, 1, 1, 15}, [1] = {4, 1, 2, 15}, [2] = {1, 4, 1, 15}, [3] = {2, 2, 2, 15},
    [4] = {3, 1, 1, 3},  [5] = {3, 1, 2, 3},  [6] = {1, 3, 1, 3},  [7] = {1, 1, 1, 3},
    [8] = {2, 1, 1, 7},  [9] = {2, 1, 2, 7},  [10] = {1, 2, 1, 7},
};

void simd_structures(void *t, const struct decode_insn *insn)
{
    struct simd_mem x;
    if (!begin(&x, t, insn)) {
        return;
    }
    const struct structure_type *type = &structure_types[x.s.bits >> 8 & 15];
    unsigned align = x.s.bits >> 4 & 3;
    x.size = x.s.bits >> 6 & 3;
    x.elements = type->elements;
    x.spacing = type->spacing;
    x.alignment = align ? align + 2 : 0;
    x.bytes = 8 * type->elements * type->registers;
    bool undefined =
        !type->elements || !(type->aligns >> align & 1) || (x.size == 3 && x.elements != 1);
    unsigned span = (x.elements - 1) * x.spacing + type->registers - 1;
    if (!start(&x, undefined, x.s.d + span)) {
        return;
    }
    (x.load ? loads : stores)[x.elements - 1](&x, type->registers);
    write_back(&x);
}

/* ---- one structure, to one lane or to all lanes ---------------------------------------------- */

/* The elements of one structure as i32 values. */
static void load_elements(const struct simd_mem *x, uint32_t *element)
{
    for (unsigned i = 0; i < x->elements; i++) {
        element[i] =
            ir_load(x->s.ir, IR_I32, x->base, i << x->size, access(x, i << x->size, x->size));
    }
}

/* index_align holds the lane in its top bits; below are the register spacing and the alignment,
 * which the kinds of structures encode differently. Returns whether it is UNDEFINED. */
static bool lane_fields(struct simd_mem *x, unsigned index_align)
{
    unsigned low = index_align & ((2u << x->size) - 1);    /* below the lane number */
    unsigned align = low & ((1u << x->size) - 1);          /* without the spacing bit */
    unsigned whole = x->size + (x->elements == 2 ? 1 : 2); /* log2 of the structure */
    if (x->size == 0) {
        align = low;
    } else if (x->elements > 1) {
        x->spacing = 1 + (low >> x->size);
    }
    switch (x->elements) {
    case 1:
        /* alignment to the element: 0, 01, 011 */
        x->alignment = align ? x->size : 0;
        return x->size == 0 ? low : x->size == 1 ? low & 2 : (low & 4) || (align && align != 3);
    case 2:
        x->alignment = align ? whole : 0;
        return x->size == 2 && align & 2;
    case 3:
        return align;
    default:
        if (x->size == 2) { /* 8 or 16 bytes */
            x->alignment = align ? 2 + align : 0;
        } else {
            x->alignment = align ? whole : 0;
        }
        return x->size == 2 && align == 3;
    }
}

void simd_one_lane(void *t, const struct decode_insn *insn)
{
    struct simd_mem x;
    if (!begin(&x, t, insn)) {
        return;
    }
    unsigned index_align = x.s.bits >> 4 & 15;
    x.size = x.s.bits >> 10 & 3;
    x.elements = (x.s.bits >> 8 & 3) + 1;
    x.bytes = x.elements << x.size;
    unsigned lane = index_align >> (x.size + 1);
    bool undefined = lane_fields(&x, index_align);
    if (!start(&x, undefined, x.s.d + (x.elements - 1) * x.spacing)) {
        return;
    }
    const struct simd *s = &x.s;
    if (x.load) {
        uint32_t element[4];
        load_elements(&x, element);
        for (unsigned i = 0; i < x.elements; i++) {
            unsigned reg = s->d + i * x.spacing;
            uint32_t old = simd_get(s, reg, false);
            simd_set(s, reg, false,
                     ir_emit(s->ir, IR_VSETL, IR_V128, old, element[i], 0, lane, x.size));
        }
    } else {
        for (unsigned i = 0; i < x.elements; i++) {
            uint32_t value = simd_get(s, s->d + i * x.spacing, false);
            value = ir_emit(s->ir, IR_VGETL, IR_I32, value, 0, 0, lane, x.size);
            ir_store(s->ir, x.base, i << x.size, value, access(&x, i << x.size, x.size));
        }
    }
    write_back(&x);
}

void simd_all_lanes(void *t, const struct decode_insn *insn)
{
    struct simd_mem x;
    if (!begin(&x, t, insn)) {
        return;
    }
    unsigned size = x.s.bits >> 6 & 3, align = x.s.bits >> 4 & 1;
    bool two = x.s.bits >> 5 & 1; /* T: two registers of VLD1, or spacing */
    x.elements = (x.s.bits >> 8 & 3) + 1;
    x.size = size == 3 ? 2 : size; /* VLD4 to words that are aligned to 16 bytes */
    x.bytes = x.elements << x.size;
    bool undefined;
    switch (x.elements) {
    case 1:
        undefined = size == 3 || (size == 0 && align);
        x.alignment = align ? x.size : 0;
        break;
    case 2:
        undefined = size == 3;
        x.alignment = align ? x.size + 1 : 0;
        break;
    case 3:
        undefined = size == 3 || align;
        break;
    default:
        undefined = size == 3 && !align;
        x.alignment = !align ? 0 : size == 2 ? 3 : x.size + 2;
        break;
    }
    x.spacing = two && x.elements > 1 ? 2 : 1;
    unsigned registers = two && x.elements == 1 ? 2 : x.elements;
    if (!start(&x, undefined, x.s.d + (registers - 1) * x.spacing)) {
        return;
    }
    uint32_t element[4];
    load_elements(&x, element);
    for (unsigned i = 0; i < registers; i++) {
        uint32_t value = element[x.elements == 1 ? 0 : i];
        value = simd_op1(&x.s, IR_VDUP, x.size, value);
        simd_set(&x.s, x.s.d + i * x.spacing, false, value);
    }
    write_back(&x);
}
