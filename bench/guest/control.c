/* Control flow: direct calls and returns; indirect branches; arithmetic in 64 bits. */
#include "bench/guest/bench.h"

enum { FIBONACCI = 34, VM_STEPS = 20000000, INT64_ROUNDS = 3000000 };

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint32_t bench_calls(void)
{
    return fibonacci(FIBONACCI);
}

/* An interpreter of a small random program by a table of functions. */
struct vm {
    uint32_t registers[4], pc, steps;
    uint8_t code[256];
};

static void op_add(struct vm *vm)
{
    vm->registers[0] += vm->registers[1];
}

static void op_xor(struct vm *vm)
{
    vm->registers[1] ^= vm->registers[2] >> 3;
}

static void op_rotate(struct vm *vm)
{
    vm->registers[2] = vm->registers[2] << 5 | vm->registers[2] >> 27;
}

static void op_multiply(struct vm *vm)
{
    vm->registers[3] = vm->registers[3] * 1664525 + 1013904223;
}

static void op_mix(struct vm *vm)
{
    vm->registers[2] += vm->registers[3] ^ vm->registers[0];
}

static void op_skip(struct vm *vm)
{
    vm->pc += vm->registers[0] & 1;
}

static void op_jump(struct vm *vm)
{
    vm->pc += vm->registers[3] >> 24;
}

static void op_swap(struct vm *vm)
{
    uint32_t kept = vm->registers[0];
    vm->registers[0] = vm->registers[3];
    vm->registers[3] = kept;
}

uint32_t bench_indirect(void)
{
    static void (*const ops[8])(struct vm * vm) = {op_add, op_xor,  op_rotate, op_multiply,
                                                   op_mix, op_skip, op_jump,   op_swap};
    struct vm vm = {.registers = {1, 2, 3, 4}};
    uint32_t state = 99;
    for (unsigned i = 0; i < sizeof(vm.code); i++) {
        vm.code[i] = bench_random(&state) & 7;
    }
    for (uint32_t i = 0; i < VM_STEPS; i++) {
        ops[vm.code[vm.pc++ & 255]](&vm);
    }
    return vm.registers[0] ^ vm.registers[1] ^ vm.registers[2] ^ vm.registers[3];
}

uint32_t bench_int64(void)
{
    uint64_t a = 0x0123456789abcdef, b = 0xfedcba9876543210, sum = 0;
    for (int i = 0; i < INT64_ROUNDS; i++) {
        a = a * 6364136223846793005u + 1442695040888963407u;
        b ^= a >> 23 | a << 41;
        sum += a % (b >> 32 | 1);
        sum ^= (uint64_t)((int64_t)b >> 7) * (uint32_t)a;
        sum -= a > b ? a - b : b - a;
    }
    return (uint32_t)(sum ^ sum >> 32);
}
