/* The floating-point unit around translated code: MXCSR (AMD64 Architecture Programmer's Manual
 * vol. 1, 4.2.2). All of translated code runs under its default, rounding to nearest with
 * everything masked, which is also what C expects; only the flags are the guest's. */
#include "core/base/check.h"
#include "core/ir/float.h"
#include "host/x86_64/x64.h"

enum { MXCSR_DEFAULT = 0x1f80, MXCSR_FLAGS = 0x3f };
enum { MXCSR_IE = 1, MXCSR_ZE = 4, MXCSR_OE = 8, MXCSR_UE = 16, MXCSR_PE = 32 };

static void set_constants(struct cpu *cpu)
{
    static const uint64_t constants[X64_CONST_COUNT] = {
        [X64_CONST_ABS64] = UINT64_C(0x7fffffffffffffff),
        [X64_CONST_ABS32] = 0x7fffffff,
        [X64_CONST_MIN64] = UINT64_C(0x0010000000000000),
        [X64_CONST_MIN32] = 0x00800000,
        [X64_CONST_2_32] = UINT64_C(0x41f0000000000000),
        [X64_CONST_MINUS1] = UINT64_C(0xbff0000000000000),
    };
    for (unsigned i = 0; i < X64_CONST_COUNT; i++) {
        cpu->host_save[X64_SAVE_CONST + i] = constants[i];
    }
    x64_vectors_set(&cpu->host_save[X64_SAVE_VECTORS]);
}

void x64_float_enter(struct cpu *cpu)
{
    if (cpu->host_save[X64_SAVE_CONST] == 0) {
        set_constants(cpu);
    }
    cpu->fp_live = true;
    __builtin_ia32_ldmxcsr(MXCSR_DEFAULT);
}

void x64_float_leave(struct cpu *cpu)
{
    x64_fp_sync(NULL, cpu);
    cpu->fp_live = false;
}

void x64_fp_sync(struct host *host, struct cpu *cpu)
{
    uint32_t csr = __builtin_ia32_stmxcsr();
    CHECK((csr & ~(uint32_t)MXCSR_FLAGS) == MXCSR_DEFAULT);
    if (csr == MXCSR_DEFAULT) {
        return;
    }
    __builtin_ia32_ldmxcsr(MXCSR_DEFAULT);
    if (cpu->guest->fp_env_offset != 0) {
        struct fp_env *env = (struct fp_env *)((char *)cpu + cpu->guest->fp_env_offset);
        if (env->nan_rule == FP_NAN_LEGACY) {
            csr &= ~(uint32_t)MXCSR_IE; /* all that was invalid went out of line (lower_fp.c) */
        }
        env->flags |= (csr & MXCSR_IE ? FP_INVALID : 0) | (csr & MXCSR_ZE ? FP_DIVIDE : 0) |
                      (csr & MXCSR_OE ? FP_OVERFLOW : 0) | (csr & MXCSR_UE ? FP_UNDERFLOW : 0) |
                      (csr & MXCSR_PE ? FP_INEXACT : 0);
    }
}

static void slow_vector(struct cpu *cpu, struct fp_env *env, uint32_t what)
{
    union ir_value *values = (union ir_value *)&cpu->host_save[X64_SAVE_ARGS];
    ir_float_vector(env, what, &values[0], &values[1], &values[2], &values[3]);
}

void x64_slow_float(struct cpu *cpu)
{
    unsigned op = cpu->slow[3] & 0xff, type = cpu->slow[3] >> 8 & 0xff;
    uint64_t aux = cpu->slow[3] >> 16 & 0xffff;
    struct fp_env *env = (struct fp_env *)((char *)cpu + (cpu->slow[3] >> 32));
    if (type == IR_V128) {
        slow_vector(cpu, env, op | (uint32_t)aux << 16);
        return;
    }
    unsigned arity = ir_ops[op].arity;
    cpu->slow[0] = ir_float_function(op, type).fn(env, cpu->slow[0], arity > 1 ? cpu->slow[1] : aux,
                                                  arity > 2 ? cpu->slow[2] : aux);
}
