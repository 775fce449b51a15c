/* A guest with eight registers and a dozen of instructions, to test the engine with without any
 * real CPU. Its memory is one piece of RAM seen through a page table that tests write directly. */
#ifndef TESTS_SUPPORT_TOY_GUEST_H
#define TESTS_SUPPORT_TOY_GUEST_H

#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/jit/jit.h"

enum { TOY_PASSING_MODE = 0x100 };
enum { TOY_PAGES = 64, TOY_RAM_BASE = 0x10000, TOY_RAM_SIZE = 0x20000 };

/* Instructions are 4 bytes: op, a, imm16 (little-endian). */
enum toy_op {
    TOY_STOP, /* asks the engine to stop, goes on behind */
    TOY_LI,   /* r[a] = imm */
    TOY_ADD,  /* r[a] += r[imm] */
    TOY_ADDI, /* r[a] += sign-extended imm */
    TOY_BNZ,  /* if r[a] != 0: pc += 4 * sign-extended imm */
    TOY_B,    /* pc += 4 * sign-extended imm */
    TOY_LD,   /* r[a] = memory[r[imm]] (32 bits) */
    TOY_ST,   /* memory[r[imm]] = r[a] */
    TOY_JR,   /* pc = r[a] */
    TOY_TRAP, /* exception number imm */
    TOY_MODE, /* mode = imm */
    TOY_TM,   /* r[a] = the mode that this was translated for */
    TOY_WIDE, /* 8 bytes: r[a] = second word; may cross pages */
};

struct toy_page {
    uint32_t physical; /* of the page; 0: not mapped */
    bool write, fetch;
};

struct toy_cpu {
    struct cpu cpu;
    uint32_t r[8];
    uint32_t pc, tag, mode;
    struct toy_page pages[TOY_PAGES]; /* by virtual page number */
    /* The last exception, for tests. */
    uint32_t exception, exception_pc, fault_address;
    unsigned exceptions;
    unsigned pending;
};

struct toy {
    struct toy_cpu *cpu;
    struct bus *bus;
    struct jit *jit;
    struct log log;
    uint8_t *ram;
};

enum { TOY_FAULT_MAP = 100, TOY_FAULT_ALIGN, TOY_FAULT_BUS };

extern const struct guest_ops toy_guest_ops;

/* host NULL: interpreted. RAM is mapped one to one from TOY_RAM_BASE on, everything allowed.
 * Exceptions stop the engine with pc left where it was. */
void toy_create(struct toy *toy, const struct host_ops *host);
/* The same with these of the engine's settings as given: engine, buffer_size, counted, second_tier,
 * repeatable. */
void toy_create_with(struct toy *toy, const struct host_ops *host,
                     const struct jit_config *settings);
void toy_destroy(struct toy *toy);
/* Writes one instruction to RAM as a loader would, and tells the engine. */
void toy_put(struct toy *toy, uint32_t physical, enum toy_op op, unsigned a, int imm);
/* Runs from pc until STOP or an exception. */
void toy_run(struct toy *toy, uint32_t pc);

#endif
