/* The state that IR reads and writes. Pins go first to what Thumb-2 code of user programs and A32 code of kernels use most:
 * the low registers, stack pointer and link register, then the flags that compares leave, then the high registers. */
#include "core/base/bits.h"
#include "targets/arm/cpu.h"

#define SLOT(name, member, type, pin, track)                                                       \
    {name, offsetof(struct arm_cpu, member), type, pin, track}

const struct guest_slot arm_slots[] = {
    SLOT("r0", r[0], IR_I32, 1, true),
    SLOT("r1", r[1], IR_I32, 4, true),
    SLOT("r2", r[2], IR_I32, 3, true),
    SLOT("r3", r[3], IR_I32, 2, true),
    SLOT("r4", r[4], IR_I32, 5, true),
    SLOT("r5", r[5], IR_I32, 7, true),
    SLOT("r6", r[6], IR_I32, 8, true),
    SLOT("r7", r[7], IR_I32, 9, true),
    SLOT("r8", r[8], IR_I32, 12, true),
    SLOT("r9", r[9], IR_I32, 13, true),
    SLOT("r10", r[10], IR_I32, 14, true),
    SLOT("r11", r[11], IR_I32, 15, true),
    SLOT("r12", r[12], IR_I32, 11, true),
    SLOT("sp", r[13], IR_I32, 6, true),
    SLOT("lr", r[14], IR_I32, 10, true),
    SLOT("pc", r[15], IR_I32, 0, false),
    SLOT("nf", nf, IR_I32, 0, true),
    SLOT("zf", zf, IR_I32, 0, true),
    SLOT("cf", cf, IR_I32, 0, true),
    SLOT("vf", vf, IR_I32, 0, true),
    SLOT("qf", qf, IR_I32, 0, true),
    SLOT("ge", ge, IR_I32, 0, true),
    SLOT("it", it, IR_I32, 0, false),
    SLOT("exclusive_address", exclusive_address, IR_I32, 0, true),
    SLOT("exclusive_value", exclusive_value, IR_I64, 0, true),
    SLOT("fpscr_nzcv", fpscr_nzcv, IR_I32, 0, true),
#define D(n) SLOT("d" #n, d[n], IR_I64, 0, false)
    D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7), D(8), D(9), D(10),
    D(11), D(12), D(13), D(14), D(15), D(16), D(17), D(18), D(19), D(20), D(21),
    D(22), D(23), D(24), D(25), D(26), D(27), D(28), D(29), D(30), D(31),
#undef D
};

const unsigned arm_slot_count = ARRAY_SIZE(arm_slots);
