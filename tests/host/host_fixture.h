/* Runs one region on the interpreter and on the host, from equal states, and compares what they
 * leave behind. */
#ifndef TESTS_HOST_HOST_FIXTURE_H
#define TESTS_HOST_HOST_FIXTURE_H

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/jit/jit.h"
#include "host/x86_64/host.h"
#include "tests/support/fake_memory.h"
#include "tests/support/random.h"

#include <stdlib.h>
#include <string.h>

/* The fake guest with its carry and overflow as boolean slots. */
static struct guest_slot fixture_slots[64];
static struct guest_ops fixture_guest;

static bool fixture_is_boolean(uint64_t offset)
{
    return offset == offsetof(struct fake_cpu, cf) || offset == offsetof(struct fake_cpu, vf);
}

/* Whatever sets a boolean slot sets it to 0 or 1. */
static inline void fixture_make_booleans(struct ir_region *r)
{
    for (uint32_t block = 0; block < r->block_count; block++) {
        uint32_t boolean = 0;
        for (uint32_t i = r->blocks[block].first; i < r->blocks[block].end; i++) {
            struct ir_inst *inst = &r->insts[i];
            bool carry = inst->op >= IR_ADDC && inst->op <= IR_ADD3O && inst->op != IR_ADD3;
            if ((inst->op >= IR_EQ && inst->op <= IR_SLE) || carry) {
                boolean = i;
            }
            if (inst->op == IR_SET && fixture_is_boolean((uint64_t)inst->imm)) {
                if (boolean) {
                    inst->a = boolean;
                } else {
                    *inst = (struct ir_inst){.op = IR_NOP};
                }
            }
        }
    }
}

static const struct guest_ops *fixture_guest_ops(void)
{
    CHECK(fake_slot_count <= ARRAY_SIZE(fixture_slots));
    for (unsigned i = 0; i < fake_slot_count; i++) {
        fixture_slots[i] = fake_slots[i];
        fixture_slots[i].boolean = fixture_is_boolean(fake_slots[i].offset);
    }
    fixture_guest = fake_guest_ops;
    fixture_guest.slots = fixture_slots;
    return &fixture_guest;
}

struct fixture {
    struct host *host;
    struct host_code code;
    struct fake_machine before, expected, actual;
    uint64_t *table;
    uint32_t *exec;
    struct jump_entry *jumps;
    struct host_code kept[8]; /* released with the fixture */
    unsigned kept_count;
};

static inline struct fixture *fixture_of(void **state)
{
    return *state;
}

static struct fixture *fixture_current;

static inline uint32_t fixture_sync(struct fake_machine *machine)
{
    x64_host_ops.fp_sync(fixture_current->host, &machine->cpu.cpu);
    machine->cpu.cpu.fp_live = false;
    return x64_host_ops.sync(fixture_current->host, &machine->cpu.cpu, &fixture_current->code);
}

static inline void fixture_init_with(struct fixture *f, uint32_t features,
                                     const struct host_options *options)
{
    char message[200];
    memset(f, 0, sizeof(*f));
    f->host = x64_host_create(fixture_guest_ops(), options, features, message, sizeof(message));
    CHECK(f->host);
    f->table = calloc(SPACE_ENTRIES, sizeof(*f->table) + sizeof(*f->exec));
    f->jumps = calloc(1u << JUMP_ENTRY_BITS, sizeof(*f->jumps));
    CHECK(f->table && f->jumps);
    f->exec = (uint32_t *)(f->table + SPACE_ENTRIES);
    for (unsigned i = 0; i < 1u << JUMP_ENTRY_BITS; i++) {
        f->jumps[i] = JUMP_ENTRY_UNUSED;
    }
}

static inline void fixture_init(struct fixture *f, uint32_t features, bool counted)
{
    const struct host_options options = {.buffer_size = 1 << 20, .counted = counted};
    fixture_init_with(f, features, &options);
}

static inline void fixture_done(struct fixture *f)
{
    for (unsigned i = 0; i < f->kept_count; i++) {
        x64_host_ops.release(f->host, &f->kept[i]);
    }
    x64_host_ops.destroy(f->host);
    free(f->table);
    free(f->jumps);
}

static inline struct host_code fixture_keep(struct fixture *f, struct host_code code)
{
    CHECK(f->kept_count < ARRAY_SIZE(f->kept));
    return f->kept[f->kept_count++] = code;
}

/* Begins a region at `pc` with one counted block. */
static inline void fixture_begin(struct ir_region *r, uint64_t pc)
{
    ir_region_init(r);
    r->pc = pc;
    r->page = pc & ~(uint64_t)(SPACE_PAGE_SIZE - 1);
    ir_block_begin(r, ir_block_new(r), pc, true);
    ir_emit(r, IR_ENTRY, IR_NONE, 0, 0, 0, (int64_t)pc, 0);
    ir_emit(r, IR_COUNT, IR_NONE, 0, 0, 0, 1, 0);
    ir_emit(r, IR_INSN, IR_NONE, 0, 0, 0, (int64_t)pc, 4);
}

/* Compiles the region, frees it and keeps the code. */
static inline struct host_code fixture_finish(struct fixture *f, struct ir_region *r)
{
    struct host_code code;
    assert_true(x64_host_ops.compile(f->host, r, &code));
    ir_region_free(r);
    return fixture_keep(f, code);
}

/* Enters a page of RAM into the host's table, for reading or for both. */
static inline void fixture_map(struct fixture *f, unsigned page, bool read, bool write)
{
    uint64_t address = FAKE_RAM_BASE + ((uint64_t)page << SPACE_PAGE_BITS);
    uint64_t host = (uintptr_t)f->actual.ram + ((uint64_t)page << SPACE_PAGE_BITS);
    /* The distance must be a multiple of 4. */
    uint64_t entry = (host - address) >> 2 & (SPACE_WRITE - 1);
    f->table[address >> SPACE_PAGE_BITS] =
        read ? entry | SPACE_READ | (write ? SPACE_WRITE : 0) : 0;
}

static inline void fixture_prepare(struct fixture *f, struct fake_machine *m)
{
    memcpy(m, &f->before, sizeof(*m));
    m->cpu.cpu.exec = f->exec;
    m->cpu.cpu.table = f->table;
    m->cpu.cpu.jumps = f->jumps;
}

static inline unsigned fixture_interpret(struct fixture *f, const struct ir_region *r,
                                         uint32_t block)
{
    fixture_prepare(f, &f->expected);
    return fake_machine_interpret(&f->expected, r, block);
}

static inline unsigned fixture_enter(struct fixture *f, const uint8_t *entry)
{
    fixture_prepare(f, &f->actual);
    fixture_current = f;
    f->actual.sync = fixture_sync;
    int left = setjmp(f->actual.cpu.cpu.leave);
    unsigned why =
        left ? (unsigned)left - 1 : x64_host_ops.enter(f->host, &f->actual.cpu.cpu, entry);
    return why == JIT_EXIT_LINK || why == JIT_EXIT_BRANCH ? JIT_EXIT_LOOKUP : why;
}

static inline bool fixture_equal(struct fixture *f, unsigned expected, unsigned actual)
{
    if (expected != actual) {
        fprintf(stderr, "left by %u, the host by %u\n", expected, actual);
        return false;
    }
    if (!fake_cpu_equal(&f->expected.cpu, &f->actual.cpu)) {
        return false;
    }
    if (memcmp(f->expected.ram, f->actual.ram, sizeof(f->expected.ram)) != 0) {
        fprintf(stderr, "memory differs\n");
        return false;
    }
    if (f->expected.cpu.cpu.budget != f->actual.cpu.cpu.budget) {
        fprintf(stderr, "budget %lld, the host's %lld\n", (long long)f->expected.cpu.cpu.budget,
                (long long)f->actual.cpu.cpu.budget);
        return false;
    }
    return true;
}

#endif
