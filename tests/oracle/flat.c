#include "tests/oracle/flat.h"

#include "core/base/check.h"
#include "tests/oracle/layout.h"
#include "tests/support/engine.h"

#include <stdio.h>
#include <string.h>

static void take_exception(struct cpu *cpu)
{
    cpu_kick(cpu, CPU_POLL_STOP);
}

void flat_create(struct flat *flat, const struct guest_ops *guest, struct cpu *cpu,
                 const struct host_ops *host, bool quick)
{
    flat->ops = *guest;
    flat->ops.take_exception = take_exception;
    flat->log.file = stderr;
    flat->bus = bus_create(&flat->log);
    CHECK(flat->bus);
    flat->code = bus_add_ram(flat->bus, "code", CASE_CODE_BASE, CASE_CODE_SIZE);
    flat->arena = bus_add_ram(flat->bus, "arena", CASE_ARENA_BASE, CASE_ARENA);
    CHECK(flat->code && flat->arena);
    cpu->bus = flat->bus;
    flat->jit = engine_create(cpu, &flat->ops, host, true, quick, &flat->log);
}

void flat_destroy(struct flat *flat)
{
    jit_destroy(flat->jit);
    bus_destroy(flat->bus);
}

static bool in_range(uint64_t address, uint64_t base, uint64_t size)
{
    return address - base < size;
}

bool flat_map(uint64_t address, enum cpu_access access, struct cpu_mapping *mapping)
{
    bool is_code = in_range(address, CASE_CODE_BASE, CASE_CODE_SIZE);
    bool is_arena = in_range(address, CASE_ARENA_BASE, CASE_ARENA);
    bool allowed = access == CPU_FETCH   ? is_code
                   : access == CPU_WRITE ? is_arena
                                         : is_code || is_arena;
    if (allowed) {
        *mapping = (struct cpu_mapping){.physical = address,
                                        .page_bits = SPACE_PAGE_BITS,
                                        .read = true,
                                        .write = is_arena,
                                        .fetch = is_code};
    }
    return allowed;
}

void flat_clear(struct flat *flat)
{
    memset(flat->code, 0, CASE_CODE_SIZE);
    jit_flush(flat->jit);
}

void flat_run(struct flat *flat, struct cpu *cpu, uint32_t address, const uint8_t *code,
              size_t size, const uint8_t *before, uint8_t *arena)
{
    uint8_t *at = flat->code + (address - CASE_CODE_BASE);
    memcpy(at, code, size);
    jit_written(flat->jit, at, size);
    memcpy(flat->arena, before, CASE_ARENA);
    cpu->poll = 0;
    cpu->halted = false;
    cpu->budget = CASE_LIMIT;
    jit_run(cpu);
    memcpy(arena, flat->arena, CASE_ARENA);
}
