/* Layer 1: the registers of the host, what each is for, and the calling convention (System V AMD64
 * ABI, section 3.2). General registers are 0-15 and vector registers 16-31 in one numbering, so
 * that one mask and one allocator serve both. */
#ifndef HOST_X86_64_REGS_H
#define HOST_X86_64_REGS_H

#include <stdint.h>

enum x64_reg {
    X64_RAX,
    X64_RCX,
    X64_RDX,
    X64_RBX,
    X64_RSP,
    X64_RBP,
    X64_RSI,
    X64_RDI,
    X64_R8,
    X64_R9,
    X64_R10,
    X64_R11,
    X64_R12,
    X64_R13,
    X64_R14,
    X64_R15,
    X64_XMM0,
    X64_REG_COUNT = 32,
    X64_NONE = 0xff,
};

#define X64_BIT(reg) (UINT32_C(1) << (reg))

/* rsp: return addresses of the guest's calls that have not returned (lower_exit.c), so a multiple
 * of 8 only. rbp: guest state + CPU_STATE_BIAS. */
enum {
    X64_STATE = X64_RBP,
    X64_PINNED_COUNT = 10,
};

/* Pinned registers in order of rank. Those that calls preserve come first: the hottest slots then
 * cost nothing at a call. */
#define X64_PINNED_ORDER                                                                           \
    {                                                                                              \
        X64_RBX, X64_R12, X64_R13, X64_R14, X64_R15, X64_RDI, X64_R8, X64_R9, X64_R10, X64_R11     \
    }

/* Holds cpu->budget where instructions are counted; there is one pinned slot less then. */
enum { X64_BUDGET = X64_R11 };

#define X64_TEMPS (X64_BIT(X64_RAX) | X64_BIT(X64_RCX) | X64_BIT(X64_RDX) | X64_BIT(X64_RSI))
#define X64_XMMS  UINT32_C(0xffff0000)
/* What a called C function may change. */
#define X64_CALL_CLOBBERS                                                                          \
    (X64_TEMPS | X64_BIT(X64_RDI) | X64_BIT(X64_R8) | X64_BIT(X64_R9) | X64_BIT(X64_R10) |         \
     X64_BIT(X64_R11) | X64_XMMS)

/* Arguments of a call, in order. */
#define X64_ARGUMENTS                                                                              \
    {                                                                                              \
        X64_RDI, X64_RSI, X64_RDX, X64_RCX, X64_R8, X64_R9                                         \
    }

/* Frame, in cpu->host_save: space for spilled values, in units of 8 bytes. */
enum { X64_SPILL_UNITS = 4096 };

/* The guest's return addresses begin at a multiple of twice this depth, which is a bit: while it is
 * set in rsp there is room. The first one is of no guest call. */
enum { X64_STACK_DEPTH = 64 << 10 };

#endif
