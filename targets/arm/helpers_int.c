/* Integer operations on lanes that are too rare to be translated inline. All are pure. */
#include "targets/arm/helpers.h"

#include "core/base/bits.h"
#include "targets/arm/handlers.h"

#include <stdlib.h>

/* ---- parallel addition and subtraction (DDI 0406C A4.4.6) ------------------------------------ */

/* One lane of `bits` bits: a + b or a - b by the rules of `kind`. *ge is the lane's GE. */
static uint32_t lane(int32_t a, int32_t b, bool sub, unsigned kind, unsigned bits, bool *ge)
{
    int32_t sum = sub ? a - b : a + b, top = 1 << bits;
    int32_t high = kind == ARM_PAR_Q ? top / 2 - 1 : top - 1;
    int32_t low = kind == ARM_PAR_Q ? -top / 2 : 0;
    *ge = kind == ARM_PAR_U && !sub ? sum >= top : sum >= 0;
    if (kind == ARM_PAR_SH || kind == ARM_PAR_UH) {
        sum >>= 1;
    }
    if (kind == ARM_PAR_Q || kind == ARM_PAR_UQ) {
        sum = sum > high ? high : sum < low ? low : sum;
    }
    return (uint32_t)sum & (uint32_t)(top - 1);
}

static int32_t lane_get(uint32_t value, unsigned lsb, unsigned bits, unsigned kind)
{
    uint64_t field = bits_get(value, lsb, bits);
    return kind >= ARM_PAR_U ? (int32_t)field : (int32_t)bits_sext(field, bits);
}

static uint64_t parallel(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    unsigned kind = c & ~UINT64_C(7), op = c & 7,
             bits = op == ARM_PAR_ADD8 || op == ARM_PAR_SUB8 ? 8 : 16;
    bool cross = op == ARM_PAR_ASX || op == ARM_PAR_SAX;
    uint64_t result = 0, ge = 0;
    for (unsigned lsb = 0; lsb < 32; lsb += bits) {
        /* The exchanging forms subtract in one half and add in the other. */
        bool sub = op == ARM_PAR_SUB16 || op == ARM_PAR_SUB8 || (op == ARM_PAR_ASX && lsb == 0) ||
                   (op == ARM_PAR_SAX && lsb == 16);
        bool lane_ge;
        result |= (uint64_t)lane(lane_get(a, lsb, bits, kind),
                                 lane_get(b, cross ? 16 - lsb : lsb, bits, kind), sub, kind, bits,
                                 &lane_ge)
                  << lsb;
        if (lane_ge) {
            ge |= bits_get(UINT64_MAX, 0, bits / 8) << lsb / 8;
        }
    }
    return result | ge << 32;
}

const struct ir_helper arm_helper_parallel = {"arm_parallel", parallel, IR_I64, 0};

/* ---- the others ------------------------------------------------------------------------------ */

static uint64_t usad8(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t sum = 0;
    for (unsigned lsb = 0; lsb < 32; lsb += 8) {
        sum += (uint64_t)abs((int)bits_get(a, lsb, 8) - (int)bits_get(b, lsb, 8));
    }
    return sum;
}

const struct ir_helper arm_helper_usad8 = {"arm_usad8", usad8, IR_I32, 0};

static uint64_t sat16(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    int64_t high = c ? (INT64_C(1) << b) - 1 : (INT64_C(1) << (b - 1)) - 1, low = c ? 0 : ~high;
    uint64_t result = 0, q = 0;
    for (unsigned lsb = 0; lsb < 32; lsb += 16) {
        int64_t value = bits_sext(bits_get(a, lsb, 16), 16);
        int64_t clamped = value > high ? high : value < low ? low : value;
        q |= clamped != value;
        result |= ((uint64_t)clamped & 0xffff) << lsb;
    }
    return result | q << 32;
}

const struct ir_helper arm_helper_sat16 = {"arm_sat16", sat16, IR_I64, 0};
