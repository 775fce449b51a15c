#include "tests/oracle/flat_unicorn.h"

#include "core/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void flat_unicorn_check(uc_err err, const char *what)
{
    if (err) {
        fprintf(stderr, "unicorn: %s: %s\n", what, uc_strerror(err));
        exit(1);
    }
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *opaque)
{
    struct flat_unicorn *flat = opaque;
    flat->interrupt = (int)number;
    uc_emu_stop(uc);
}

/* A failed store lets the rest of its block run, so the state is taken here. */
static bool on_fault(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                     void *opaque)
{
    struct flat_unicorn *flat = opaque;
    if (!flat->faulted) {
        flat->faulted = true;
        flat->fetch = type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT;
        flat->fault_address = (uint32_t)address;
        flat->take_state(flat);
        memcpy(flat->fault_arena, flat->arena, CASE_ARENA);
    }
    return false;
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *opaque)
{
    struct flat_unicorn *flat = opaque;
    if (flat->is_astray(flat, (uint32_t)address)) {
        flat->astray = true;
        flat->strayed_to = (uint32_t)address;
        flat->strayed_size = size;
        uc_emu_stop(uc);
    }
}

static uint8_t *map(struct flat_unicorn *flat, uint32_t base, size_t size, uint32_t prot)
{
    uint8_t *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(host != MAP_FAILED);
    flat_unicorn_check(uc_mem_map_ptr(flat->uc, base, size, prot, host), "map");
    return host;
}

static void add_hook(struct flat_unicorn *flat, int type, void *function, uint64_t begin,
                     uint64_t end)
{
    uc_hook hook;
    flat_unicorn_check(uc_hook_add(flat->uc, &hook, type, function, flat, begin, end), "hook");
}

void flat_unicorn_open(struct flat_unicorn *flat, uc_arch arch, uc_mode mode, int model)
{
    flat_unicorn_check(uc_open(arch, mode, &flat->uc), "open");
    flat_unicorn_check(uc_ctl_set_cpu_model(flat->uc, model), "model");
    flat->code = map(flat, CASE_CODE_BASE, CASE_CODE_SIZE, UC_PROT_READ | UC_PROT_EXEC);
    flat->arena = map(flat, CASE_ARENA_BASE, CASE_ARENA, UC_PROT_READ | UC_PROT_WRITE);
    add_hook(flat, UC_HOOK_INTR, (void *)on_interrupt, 1, 0);
    add_hook(flat, UC_HOOK_MEM_INVALID, (void *)on_fault, 1, 0);
    if (flat->is_astray) {
        add_hook(flat, UC_HOOK_BLOCK, (void *)on_block, CASE_CODE_BASE,
                 CASE_CODE_BASE + CASE_CODE_SIZE - 1);
    }
}

void flat_unicorn_close(struct flat_unicorn *flat)
{
    uc_close(flat->uc);
    munmap(flat->code, CASE_CODE_SIZE);
    munmap(flat->arena, CASE_ARENA);
}

uc_err flat_unicorn_execute(struct flat_unicorn *flat, uint32_t start, uint32_t until)
{
    flat->interrupt = -1;
    flat->faulted = false;
    flat->fault_address = 0;
    flat->astray = false;
    uc_err err = uc_emu_start(flat->uc, start, until, 0, 0);
    if (flat->astray) {
        /* A case may come to be there. */
        uint32_t end = flat->strayed_to + flat->strayed_size;
        flat_unicorn_check(uc_ctl_remove_cache(flat->uc, flat->strayed_to, end), "remove");
    }
    return err;
}

uc_err flat_unicorn_run(struct flat_unicorn *flat, uint32_t start, const uint8_t *before,
                        uint8_t *arena)
{
    memcpy(flat->arena, before, CASE_ARENA);
    uc_err err = flat_unicorn_execute(flat, start, FLAT_UNICORN_NOWHERE);
    if (!flat->faulted) {
        flat->take_state(flat);
    }
    memcpy(arena, flat->faulted ? flat->fault_arena : flat->arena, CASE_ARENA);
    return err;
}
