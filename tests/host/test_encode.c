/* Every form of instruction that the encoder makes, with many registers, displacements and
 * immediates, against Capstone's disassembly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "host/x86_64/encode.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static csh capstone;
static struct x64_code code;

static const char *const names[4][16] = {
    {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
     "r13b", "r14b", "r15b"},
    {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w",
     "r14w", "r15w"},
    {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
     "r13d", "r14d", "r15d"},
    {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
     "r14", "r15"},
};
static const char *const widths[5] = {"byte ptr ", "word ptr ", "dword ptr ", "qword ptr ",
                                      "xmmword ptr "};

/* Text of an immediate or displacement as Capstone writes it. */
static const char *number(char *text, int64_t value)
{
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    sprintf(text, magnitude > 9 ? "%s0x%" PRIx64 : "%s%" PRIu64, value < 0 ? "-" : "", magnitude);
    return text;
}

/* Buffers in turn, so that several texts can be arguments of one call. */
static char *buffer(void)
{
    static char buffers[8][80];
    static unsigned next;
    return buffers[next++ % 8];
}

static const char *reg(unsigned size, unsigned n)
{
    if (n >= X64_XMM0) {
        char *text = buffer();
        sprintf(text, "xmm%u", n - X64_XMM0);
        return text;
    }
    return names[size][n];
}

static const char *rm_text(unsigned size, struct x64_rm rm)
{
    if (rm.reg != X64_NONE) {
        return reg(size, rm.reg);
    }
    char *text = buffer(), digits[32];
    char *at = text + sprintf(text, "%s[", widths[size]);
    at += sprintf(at, "%s", names[3][rm.base]);
    if (rm.index != X64_NONE) {
        at += sprintf(at, " + %s", names[3][rm.index]);
        if (rm.scale) {
            at += sprintf(at, "*%u", 1u << rm.scale);
        }
    }
    if (rm.disp) {
        int64_t disp = rm.disp;
        at += sprintf(at, " %c %s", disp < 0 ? '-' : '+', number(digits, disp < 0 ? -disp : disp));
    }
    sprintf(at, "]");
    return text;
}

/* The text of what was emitted since the last time, which must be one instruction. */
static const char *disassembly(void)
{
    static char text[200];
    cs_insn *insn;
    size_t size = (size_t)(code.p - code.start);
    code.p = code.start;
    size_t count = cs_disasm(capstone, code.start, size, 0, 1, &insn);
    assert_int_equal(count, 1);
    snprintf(text, sizeof(text), "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
    assert_int_equal(insn->size, size);
    cs_free(insn, count);
    return text;
}

static void check(const char *format, ...)
{
    char expected[200];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof(expected), format, args);
    va_end(args);
    assert_string_equal(disassembly(), expected);
}

/* The last operand is an immediate, which Capstone shows signed or not by rules of its own. */
static void check_imm(const char *start, unsigned size, int32_t value)
{
    char *end;
    const char *text = disassembly();
    assert_int_equal(strncmp(text, start, strlen(start)), 0);
    uint64_t mask = ~UINT64_C(0) >> (64 - (8u << size));
    bool negative = text[strlen(start)] == '-';
    uint64_t found = strtoull(text + strlen(start) + negative, &end, 0);
    assert_int_equal(*end, 0);
    assert_int_equal((negative ? -found : found) & mask, (uint64_t)(int64_t)value & mask);
}

/* Operands that between them need every shape of ModRM, SIB and REX. */
static const struct x64_rm shapes[] = {
    {.reg = X64_RAX},
    {.reg = X64_RBX},
    {.reg = X64_RSI},
    {.reg = X64_RDI},
    {.reg = X64_R8},
    {.reg = X64_R13},
    {.reg = X64_R15},
    {X64_NONE, X64_RBP, X64_NONE, 0, 0},
    {X64_NONE, X64_RBP, X64_NONE, 0, -8},
    {X64_NONE, X64_RBP, X64_NONE, 0, 0x1234},
    {X64_NONE, X64_RSP, X64_NONE, 0, 0},
    {X64_NONE, X64_RSP, X64_NONE, 0, 127},
    {X64_NONE, X64_RSP, X64_NONE, 0, 128},
    {X64_NONE, X64_R12, X64_NONE, 0, 0},
    {X64_NONE, X64_R13, X64_NONE, 0, 0},
    {X64_NONE, X64_R12, X64_NONE, 0, -128},
    {X64_NONE, X64_RAX, X64_RCX, 2, 0},
    {X64_NONE, X64_R13, X64_RDX, 3, 0},
    {X64_NONE, X64_RBP, X64_R12, 0, -129},
    {X64_NONE, X64_R9, X64_R15, 1, 4},
    {X64_NONE, X64_RSI, X64_R8, 2, 0x7fffffff},
};
static const uint8_t registers[] = {X64_RAX, X64_RCX, X64_RSP, X64_RBP, X64_RSI,
                                    X64_RDI, X64_R8,  X64_R12, X64_R15};
static const int32_t immediates[] = {0, 1, 9, 10, 127, 128, -1, -128, -129, 0x12345678, INT32_MIN};

#define EACH(item, array) for (unsigned item = 0; item < ARRAY_SIZE(array); item++)

static const char *const alu_names[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};

static void arithmetic(void **state)
{
    EACH(op, alu_names)
    {
        EACH(s, shapes)
        {
            for (unsigned w = 0; w < 2; w++) {
                EACH(r, registers)
                {
                    uint32_t before = code.flag_writes;
                    x64_alu(&code, op, w, registers[r], shapes[s]);
                    check("%s %s, %s", alu_names[op], reg(2 + w, registers[r]),
                          rm_text(2 + w, shapes[s]));
                    assert_int_not_equal(code.flag_writes, before);
                    x64_alu_store(&code, op, w, shapes[s], registers[r]);
                    check("%s %s, %s", alu_names[op], rm_text(2 + w, shapes[s]),
                          reg(2 + w, registers[r]));
                }
                EACH(i, immediates)
                {
                    char start[100];
                    x64_alu_imm(&code, op, w, shapes[s], immediates[i]);
                    sprintf(start, "%s %s, ", alu_names[op], rm_text(2 + w, shapes[s]));
                    check_imm(start, 2 + w, immediates[i]);
                }
            }
        }
    }
}

static void moves(void **state)
{
    EACH(s, shapes)
    {
        struct x64_rm rm = shapes[s];
        EACH(r, registers)
        {
            unsigned n = registers[r];
            for (unsigned w = 0; w < 2; w++) {
                x64_mov(&code, w, n, rm);
                check("mov %s, %s", reg(2 + w, n), rm_text(2 + w, rm));
                x64_test(&code, w, rm, n);
                check("test %s, %s", rm_text(2 + w, rm), reg(2 + w, n));
                x64_imul(&code, w, n, rm);
                check("imul %s, %s", reg(2 + w, n), rm_text(2 + w, rm));
                x64_imul_imm(&code, w, n, rm, 1000);
                check("imul %s, %s, 0x3e8", reg(2 + w, n), rm_text(2 + w, rm));
                x64_imul_imm(&code, w, n, rm, -7);
                check("imul %s, %s, -7", reg(2 + w, n), rm_text(2 + w, rm));
                x64_movsx(&code, 0, w, n, rm);
                check("movsx %s, %s", reg(2 + w, n), rm_text(0, rm));
                x64_movsx(&code, 1, w, n, rm);
                check("movsx %s, %s", reg(2 + w, n), rm_text(1, rm));
            }
            x64_movsx(&code, 2, true, n, rm);
            check("movsxd %s, %s", reg(3, n), rm_text(2, rm));
            x64_movzx(&code, 0, n, rm);
            check("movzx %s, %s", reg(2, n), rm_text(0, rm));
            x64_movzx(&code, 1, n, rm);
            check("movzx %s, %s", reg(2, n), rm_text(1, rm));
            x64_xchg(&code, true, n, rm);
            check("xchg %s, %s", rm_text(3, rm), reg(3, n));
            for (unsigned size = 0; size < 4; size++) {
                x64_mov_store(&code, size, rm, n);
                check("mov %s, %s", rm_text(size, rm), reg(size, n));
                x64_cmpxchg(&code, size, rm, n);
                check("cmpxchg %s, %s", rm_text(size, rm), reg(size, n));
                if (size && rm.reg == X64_NONE) {
                    x64_movbe_load(&code, size, n, rm);
                    check("movbe %s, %s", reg(size, n), rm_text(size, rm));
                    x64_movbe_store(&code, size, rm, n);
                    check("movbe %s, %s", rm_text(size, rm), reg(size, n));
                }
            }
            if (rm.reg == X64_NONE) {
                x64_lea(&code, true, n, rm);
                check("lea %s, %s", reg(3, n), rm_text(3, rm) + strlen(widths[3]));
                x64_lea(&code, false, n, rm);
                check("lea %s, %s", reg(2, n), rm_text(3, rm) + strlen(widths[3]));
            }
        }
        for (unsigned size = 0; size < 4; size++) {
            x64_mov_store_imm(&code, size, rm, 0x5a);
            check("mov %s, 0x5a", rm_text(size, rm));
        }
        x64_test_imm8(&code, rm, 7);
        check("test %s, 7", rm_text(0, rm));
        x64_test_imm(&code, false, rm, 0x12345);
        check("test %s, 0x12345", rm_text(2, rm));
    }
}

static void constants(void **state)
{
    EACH(r, registers)
    {
        unsigned n = registers[r];
        x64_mov_imm(&code, false, n, 0x12345678);
        check("mov %s, 0x12345678", reg(2, n));
        x64_mov_imm(&code, true, n, 5);
        check("mov %s, 5", reg(2, n));
        x64_mov_imm(&code, true, n, -5);
        check("mov %s, -5", reg(3, n));
        x64_mov_imm(&code, true, n, 0x123456789a);
        check("movabs %s, 0x123456789a", reg(3, n));
        x64_mov_imm32(&code, n, 0x80000000);
        check("mov %s, 0x80000000", reg(2, n));
        x64_mov_imm64(&code, n, 0x8000000000000001);
        check("movabs %s, 0x8000000000000001", reg(3, n));
        x64_push(&code, n);
        check("push %s", reg(3, n));
        x64_pop(&code, n);
        check("pop %s", reg(3, n));
        for (unsigned w = 0; w < 2; w++) {
            x64_bswap(&code, w, n);
            check("bswap %s", reg(2 + w, n));
        }
        x64_rol16(&code, n);
        check("rol %s, 8", reg(1, n));
    }
}

static void shifts_and_bits(void **state)
{
    static const char *const shift_names[] = {"rol", "ror", "rcl", "rcr", "shl", "shr", "", "sar"};
    static const char *const unary_names[] = {"", "", "not", "neg", "mul", "imul", "div", "idiv"};
    EACH(s, shapes)
    {
        struct x64_rm rm = shapes[s];
        for (unsigned w = 0; w < 2; w++) {
            EACH(op, shift_names)
            {
                if (op == 6) {
                    continue;
                }
                x64_shift_imm(&code, op, w, rm, 1);
                check("%s %s, 1", shift_names[op], rm_text(2 + w, rm));
                x64_shift_imm(&code, op, w, rm, 31);
                check("%s %s, 0x1f", shift_names[op], rm_text(2 + w, rm));
                x64_shift_cl(&code, op, w, rm);
                check("%s %s, cl", shift_names[op], rm_text(2 + w, rm));
            }
            for (unsigned op = X64_NOT; op <= X64_IDIV; op++) {
                x64_unary(&code, op, w, rm);
                check("%s %s", unary_names[op], rm_text(2 + w, rm));
            }
            x64_bt_imm(&code, w, rm, 5);
            check("bt %s, 5", rm_text(2 + w, rm));
            EACH(r, registers)
            {
                unsigned n = registers[r];
                x64_shiftx(&code, X64_SHL, w, n, rm, X64_R9);
                check("shlx %s, %s, %s", reg(2 + w, n), rm_text(2 + w, rm), reg(2 + w, X64_R9));
                x64_shiftx(&code, X64_SHR, w, n, rm, X64_RCX);
                check("shrx %s, %s, %s", reg(2 + w, n), rm_text(2 + w, rm), reg(2 + w, X64_RCX));
                x64_shiftx(&code, X64_SAR, w, n, rm, n);
                check("sarx %s, %s, %s", reg(2 + w, n), rm_text(2 + w, rm), reg(2 + w, n));
                x64_rorx(&code, w, n, rm, 12);
                check("rorx %s, %s, 0xc", reg(2 + w, n), rm_text(2 + w, rm));
                x64_andn(&code, w, n, X64_R14, rm);
                check("andn %s, %s, %s", reg(2 + w, n), reg(2 + w, X64_R14), rm_text(2 + w, rm));
                x64_bsr(&code, w, n, rm);
                check("bsr %s, %s", reg(2 + w, n), rm_text(2 + w, rm));
                x64_bsf(&code, w, n, rm);
                check("bsf %s, %s", reg(2 + w, n), rm_text(2 + w, rm));
                x64_lzcnt(&code, w, n, rm);
                check("lzcnt %s, %s", reg(2 + w, n), rm_text(2 + w, rm));
                x64_tzcnt(&code, w, n, rm);
                check("tzcnt %s, %s", reg(2 + w, n), rm_text(2 + w, rm));
            }
        }
    }
    x64_cdq(&code, false);
    check("cdq");
    x64_cdq(&code, true);
    check("cqo");
}

static const char *const cond_names[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                         "s", "ns", "p", "np", "l", "ge", "le", "g"};

static void conditions_and_jumps(void **state)
{
    EACH(cond, cond_names)
    {
        EACH(s, shapes)
        {
            x64_setcc(&code, cond, shapes[s]);
            check("set%s %s", cond_names[cond], rm_text(0, shapes[s]));
            for (unsigned w = 0; w < 2; w++) {
                x64_cmov(&code, cond, w, X64_R10, shapes[s]);
                check("cmov%s %s, %s", cond_names[cond], reg(2 + w, X64_R10),
                      rm_text(2 + w, shapes[s]));
            }
        }
        x64_patch(&code, x64_jcc(&code, cond), 0x1234);
        check("j%s 0x1234", cond_names[cond]);
        uint32_t at = x64_jcc_short(&code, cond);
        code.p += 0x20;
        x64_patch_short(&code, at);
        code.p -= 0x20;
        check("j%s 0x22", cond_names[cond]);
        x64_jcc_back(&code, cond, 0);
        check("j%s 0", cond_names[cond]);
        x64_jcc_back(&code, cond, 0x1000);
        check("j%s 0x1000", cond_names[cond]);
    }
    x64_patch(&code, x64_jmp(&code), 0x100);
    check("jmp 0x100");
    x64_patch(&code, x64_call(&code), 0x100);
    check("call 0x100");
    x64_jmp_back(&code, 0);
    check("jmp 0");
    EACH(s, shapes)
    {
        x64_jmp_rm(&code, shapes[s]);
        check("jmp %s", rm_text(3, shapes[s]));
        x64_call_rm(&code, shapes[s]);
        check("call %s", rm_text(3, shapes[s]));
    }
    x64_ret(&code);
    check("ret");
    x64_lock(&code);
    x64_alu_imm(&code, X64_OR, false, x64_m(X64_RSP, -64), 0);
    check("lock or dword ptr [rsp - 0x40], 0");
    x64_gs(&code);
    x64_mov(&code, true, X64_R9, x64_mx(X64_NONE, X64_R10, 3, 0));
    check("mov r9, qword ptr gs:[r10*8]");
    x64_gs(&code);
    x64_cmp_at_imm32(&code, 0x800010, 0x11223344);
    check("cmp dword ptr gs:[0x800010], 0x11223344");
}

static void vector_moves(void **state)
{
    static const char *const load_names[] = {"", "", "movss", "movsd", "movups"};
    EACH(s, shapes)
    {
        struct x64_rm rm = shapes[s];
        for (unsigned x = X64_XMM0; x < X64_REG_COUNT; x += 5) {
            x64_movd_to_xmm(&code, false, x, rm);
            check("movd %s, %s", reg(0, x), rm_text(2, rm));
            x64_movd_to_xmm(&code, true, x, rm);
            check("movq %s, %s", reg(0, x), rm_text(3, rm));
            x64_movd_from_xmm(&code, false, rm, x);
            check("movd %s, %s", rm_text(2, rm), reg(0, x));
            x64_movd_from_xmm(&code, true, rm, x);
            check("movq %s, %s", rm_text(3, rm), reg(0, x));
            if (rm.reg != X64_NONE) {
                x64_movx_load(&code, 3, x, x64_r(X64_XMM0 + rm.reg));
                check("movaps %s, %s", reg(0, x), reg(0, X64_XMM0 + rm.reg));
                continue;
            }
            for (unsigned size = 2; size <= 4; size++) {
                x64_movx_load(&code, size, x, rm);
                check("%s %s, %s", load_names[size], reg(0, x), rm_text(size, rm));
                x64_movx_store(&code, size, rm, x);
                check("%s %s, %s", load_names[size], rm_text(size, rm), reg(0, x));
            }
        }
    }
}

static void reserving_keeps_what_is_there(void **state)
{
    struct x64_code grown = {0};
    x64_reserve(&grown);
    for (unsigned i = 0; i < 100000; i++) {
        x64_reserve(&grown);
        x64_mov_imm32(&grown, X64_RAX, i);
    }
    assert_int_equal(x64_here(&grown), 500000);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t value;
        memcpy(&value, grown.start + 5 * i + 1, 4);
        assert_int_equal(value, i);
    }
    free(grown.start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(moves),
        cmocka_unit_test(constants),
        cmocka_unit_test(shifts_and_bits),
        cmocka_unit_test(conditions_and_jumps),
        cmocka_unit_test(vector_moves),
        cmocka_unit_test(reserving_keeps_what_is_there),
    };
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &capstone) != CS_ERR_OK) {
        return 1;
    }
    x64_reserve(&code);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cs_close(&capstone);
    free(code.start);
    return failed;
}
