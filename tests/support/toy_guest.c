#include "tests/support/toy_guest.h"

#include "core/base/check.h"

#include <stdlib.h>
#include <string.h>

#define OFF(member) offsetof(struct toy_cpu, member)
#define OFF_R(n)    (OFF(r) + 4 * (size_t)(n))

static struct toy_cpu *toy_cpu(struct cpu *cpu)
{
    return (struct toy_cpu *)cpu;
}

static void toy_record(struct cpu *cpu, uint32_t kind, uint64_t address)
{
    toy_cpu(cpu)->pending = kind;
    toy_cpu(cpu)->fault_address = (uint32_t)address;
}

static bool toy_walk(struct cpu *cpu, uint64_t address, enum cpu_access access, bool user,
                     bool probe, struct cpu_mapping *mapping)
{
    (void)user;
    uint64_t number = address >> SPACE_PAGE_BITS;
    const struct toy_page *page = number < TOY_PAGES ? &toy_cpu(cpu)->pages[number] : NULL;
    bool allowed = page && page->physical && (access != CPU_WRITE || page->write) &&
                   (access != CPU_FETCH || page->fetch);
    if (!allowed) {
        if (!probe) {
            toy_record(cpu, TOY_FAULT_MAP, address);
        }
        return false;
    }
    *mapping = (struct cpu_mapping){.physical = page->physical | (address & 0xfff),
                                    .page_bits = SPACE_PAGE_BITS,
                                    .read = true,
                                    .write = page->write,
                                    .fetch = page->fetch};
    return true;
}

static void toy_misaligned(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    (void)access;
    toy_record(cpu, TOY_FAULT_ALIGN, address);
}

static void toy_bus_error(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    (void)access;
    toy_record(cpu, TOY_FAULT_BUS, address);
}

static void toy_take_exception(struct cpu *cpu)
{
    struct toy_cpu *toy = toy_cpu(cpu);
    toy->exception = toy->pending;
    toy->exception_pc = toy->pc;
    toy->exceptions++;
    cpu_kick(cpu, CPU_POLL_STOP);
}

static bool toy_take_interrupt(struct cpu *cpu)
{
    (void)cpu;
    return false;
}

static bool toy_wake(const struct cpu *cpu)
{
    (void)cpu;
    return true;
}

static uint64_t toy_pc(const struct cpu *cpu)
{
    return ((const struct toy_cpu *)cpu)->pc;
}

static uint32_t toy_mode(const struct cpu *cpu)
{
    return ((const struct toy_cpu *)cpu)->mode;
}

static uint64_t toy_stop(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    cpu_kick(cpu, CPU_POLL_STOP);
    return 0;
}

static uint64_t toy_trap(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    toy_record(cpu, (uint32_t)a, 0);
    cpu_raise(cpu);
}

static const struct ir_helper toy_helper_stop = {"stop", toy_stop, IR_NONE, IR_EFFECT_WRITES};
static const struct ir_helper toy_helper_trap = {"trap", toy_trap, IR_NONE, IR_EFFECT_EXITS};

static uint32_t toy_reg(struct ir_region *ir, unsigned n)
{
    return ir_get(ir, IR_I32, OFF_R(n & 7));
}

/* The second word of a WIDE instruction; false if it is on a page that cannot be read. */
static bool toy_second_word(struct guest_region *g, uint64_t pc, uint32_t *word)
{
    const struct guest_code *code = g->code;
    unsigned offset = (unsigned)(pc - code->page) + 4;
    if (offset < SPACE_PAGE_SIZE) {
        memcpy(word, code->bytes + offset, 4);
        return true;
    }
    g->uses_next = true;
    if (!code->next) {
        return false;
    }
    memcpy(word, code->next, 4);
    ir_emit(g->ir, IR_GUARD, IR_NONE, 0, code->next_number, 0,
            (int64_t)(code->page + SPACE_PAGE_SIZE), 0);
    return true;
}

static void toy_wide(struct guest_region *g, uint64_t pc, unsigned a)
{
    struct ir_region *ir = g->ir;
    uint32_t word;
    if (!toy_second_word(g, pc, &word)) {
        ir_call(ir, &toy_helper_trap, ir_i32(ir, TOY_FAULT_MAP), 0, 0, 0);
        ir_emit(ir, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
        return;
    }
    ir_set(ir, OFF_R(a), ir_i32(ir, word));
    ir_emit(ir, IR_GOTO, IR_NONE, 0, 0, 0, (int64_t)(pc + 8), 0);
}

/* Translates one instruction; returns whether it ended the block. */
static bool toy_one(struct guest_region *g, uint64_t pc, const uint8_t *bytes)
{
    struct ir_region *ir = g->ir;
    unsigned a = bytes[1] & 7;
    int32_t imm = (int16_t)(bytes[2] | bytes[3] << 8);
    uint64_t target = (uint32_t)(pc + 4 * (uint64_t)(int64_t)imm);
    switch (bytes[0]) {
    case TOY_STOP:
        ir_call(ir, &toy_helper_stop, 0, 0, 0, 0);
        ir_set(ir, OFF(pc), ir_pcrel(ir, IR_I32, pc + 4));
        ir_emit(ir, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
        return true;
    case TOY_LI:
        ir_set(ir, OFF_R(a), ir_i32(ir, (uint16_t)imm));
        return false;
    case TOY_ADD:
        ir_set(ir, OFF_R(a), ir_op2(ir, IR_ADD, toy_reg(ir, a), toy_reg(ir, (unsigned)imm)));
        return false;
    case TOY_ADDI:
        ir_set(ir, OFF_R(a), ir_op2(ir, IR_ADD, toy_reg(ir, a), ir_i32(ir, (uint32_t)imm)));
        return false;
    case TOY_BNZ:
        guest_region_branch(g, ir_op2(ir, IR_NE, toy_reg(ir, a), ir_i32(ir, 0)), target, pc + 4);
        return true;
    case TOY_B:
        guest_region_goto(g, target);
        return true;
    case TOY_LD:
        ir_set(ir, OFF_R(a), ir_load(ir, IR_I32, toy_reg(ir, (unsigned)imm), 0, 2));
        return false;
    case TOY_ST:
        ir_store(ir, toy_reg(ir, (unsigned)imm), 0, toy_reg(ir, a), 2);
        return false;
    case TOY_JR:
        ir_emit(ir, IR_GOTOI, IR_I32, toy_reg(ir, a), 0, 0, 0, 0);
        return true;
    case TOY_MODE:
        ir_set(ir, OFF(mode), ir_i32(ir, (uint16_t)imm));
        ir_set(ir, OFF(pc), ir_pcrel(ir, IR_I32, pc + 4));
        ir_emit(ir, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
        return true;
    case TOY_TM:
        ir_set(ir, OFF_R(a), ir_i32(ir, g->code->mode));
        return false;
    case TOY_WIDE:
        toy_wide(g, pc, a);
        return true;
    default:
        ir_call(ir, &toy_helper_trap, ir_i32(ir, (uint16_t)imm), 0, 0, 0);
        ir_emit(ir, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
        return true;
    }
}

static void toy_translate(struct guest_region *g, uint64_t pc)
{
    for (uint64_t at = pc;; at += 4) {
        if (at - g->code->page >= SPACE_PAGE_SIZE || (at != pc && guest_region_has(g, at))) {
            guest_region_goto(g, at);
            return;
        }
        const uint8_t *bytes = g->code->bytes + (at - g->code->page);
        ir_emit(g->ir, IR_INSN, IR_NONE, 0, 0, 0, (int64_t)at, bytes[0] == TOY_WIDE ? 8 : 4);
        if (toy_one(g, at, bytes)) {
            return;
        }
    }
}

static const struct guest_slot toy_slots[] = {
    {"r0", OFF_R(0), IR_I32, 1, true, false}, {"r1", OFF_R(1), IR_I32, 2, true, false},
    {"r2", OFF_R(2), IR_I32, 3, true, false}, {"r3", OFF_R(3), IR_I32, 4, true, false},
    {"r4", OFF_R(4), IR_I32, 0, true, false}, {"r5", OFF_R(5), IR_I32, 0, true, false},
    {"r6", OFF_R(6), IR_I32, 0, true, false}, {"r7", OFF_R(7), IR_I32, 0, true, false},
    {"pc", OFF(pc), IR_I32, 0, false, false}, {"mode", OFF(mode), IR_I32, 0, false, false},
};

const struct guest_ops toy_guest_ops = {
    .name = "toy",
    .slots = toy_slots,
    .slot_count = sizeof(toy_slots) / sizeof(toy_slots[0]),
    .state_size = sizeof(struct toy_cpu),
    .pc_offset = OFF(pc),
    .pc_type = IR_I32,
    .tag_offset = OFF(tag),
    .passing_mode = TOY_PASSING_MODE,
    .translate = toy_translate,
    .pc = toy_pc,
    .mode = toy_mode,
    .walk = toy_walk,
    .misaligned = toy_misaligned,
    .bus_error = toy_bus_error,
    .take_exception = toy_take_exception,
    .take_interrupt = toy_take_interrupt,
    .wake = toy_wake,
};

void toy_create(struct toy *toy, const struct host_ops *host)
{
    toy_create_with(toy, host, &(struct jit_config){.buffer_size = 1 << 20});
}

void toy_create_with(struct toy *toy, const struct host_ops *host,
                     const struct jit_config *settings)
{
    memset(toy, 0, sizeof(*toy));
    toy->log.file = stderr;
    toy->bus = bus_create(&toy->log);
    toy->ram = bus_add_ram(toy->bus, "ram", TOY_RAM_BASE, TOY_RAM_SIZE);
    CHECK(toy->ram);
    struct jit_config config = {.engine = host ? settings->engine : JIT_ENGINE_INTERP,
                                .guest = &toy_guest_ops,
                                .host = host,
                                .buffer_size = settings->buffer_size,
                                .counted = settings->counted,
                                .second_tier = settings->second_tier,
                                .repeatable = settings->repeatable,
                                .log = &toy->log};
    char message[200];
    toy->jit = jit_create(&config, message, sizeof(message));
    CHECK(toy->jit);
    toy->cpu = aligned_alloc(64, (sizeof(*toy->cpu) + 63) / 64 * 64);
    CHECK(toy->cpu);
    memset(toy->cpu, 0, sizeof(*toy->cpu));
    toy->cpu->cpu.bus = toy->bus;
    jit_attach(toy->jit, &toy->cpu->cpu);
    for (unsigned i = 0; i < TOY_RAM_SIZE >> SPACE_PAGE_BITS; i++) {
        uint32_t page = TOY_RAM_BASE + (i << SPACE_PAGE_BITS);
        toy->cpu->pages[page >> SPACE_PAGE_BITS] = (struct toy_page){page, true, true};
    }
}

void toy_destroy(struct toy *toy)
{
    jit_destroy(toy->jit);
    bus_destroy(toy->bus);
    free(toy->cpu);
}

void toy_put(struct toy *toy, uint32_t physical, enum toy_op op, unsigned a, int imm)
{
    uint8_t *at = toy->ram + (physical - TOY_RAM_BASE);
    at[0] = (uint8_t)op;
    at[1] = (uint8_t)a;
    at[2] = (uint8_t)imm;
    at[3] = (uint8_t)(imm >> 8);
    jit_written(toy->jit, at, 4);
}

void toy_run(struct toy *toy, uint32_t pc)
{
    toy->cpu->pc = pc;
    toy->cpu->exceptions = 0;
    toy->cpu->exception = 0;
    atomic_store(&toy->cpu->cpu.poll, 0);
    jit_run(&toy->cpu->cpu);
}
