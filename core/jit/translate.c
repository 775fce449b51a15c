#include "core/jit/translate.h"

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/bus/bus.h"
#include "core/jit/region.h"
#include "core/opt/opt.h"

#include <inttypes.h>
#include <time.h>

static uint64_t translate_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct jit_page *jit_code_page(struct cpu *cpu, uint64_t address, bool probe)
{
    struct jit *jit = cpu->jit;
    if (!(address >> 32) && cpu->exec[address >> SPACE_PAGE_BITS]) {
        return jit->pages.array[cpu->exec[address >> SPACE_PAGE_BITS]];
    }
    struct cpu_mapping mapping;
    if (!cpu->guest->walk(cpu, address, CPU_FETCH, false, probe, &mapping)) {
        return NULL;
    }
    const struct bus_region *region = bus_find(cpu->bus, mapping.physical);
    uint64_t base = mapping.physical & ~(uint64_t)JIT_PAGE_MASK;
    if (!region || !region->host || base < region->base ||
        base - region->base + SPACE_PAGE_SIZE > region->size) {
        if (!probe) {
            cpu->guest->bus_error(cpu, address, CPU_FETCH);
        }
        return NULL;
    }
    struct jit_page *page = jit_pages_get(&jit->pages, region->host + (base - region->base));
    if (!probe) {
        space_fill_exec(cpu, address, &mapping, page->number);
    }
    return page;
}

static void translate_log_guest(const struct jit *jit, const struct guest_code *code,
                                const struct ir_region *ir, FILE *out)
{
    char text[128];
    for (uint32_t i = 0; i < ir->inst_count; i++) {
        if (ir->insts[i].op == IR_INSN) {
            uint64_t pc = (uint64_t)ir->insts[i].imm;
            jit->config.guest->disassemble(code, pc, text, sizeof(text));
            fprintf(out, "0x%08llx:  %s\n", (unsigned long long)pc, text);
        }
    }
}

static void translate_log(const struct jit *jit, const struct guest_code *code,
                          const struct ir_region *ir, enum log_category category)
{
    const struct log *log = jit->config.log;
    if (!log_on(log, category)) {
        return;
    }
    if (category == LOG_IN_ASM) {
        fprintf(log->file, "---- guest code at 0x%llx, mode 0x%x\n", (unsigned long long)ir->pc,
                code->mode);
        translate_log_guest(jit, code, ir, log->file);
        return;
    }
    fprintf(log->file, "---- %s\n", category == LOG_OP ? "intermediate code" : "after the passes");
    ir_print(ir, jit->config.guest->slots, jit->config.guest->slot_count, log->file);
}

/* Keeps a copy of the region for the interpreter. */
static struct ir_region *translate_keep(const struct ir_region *from)
{
    struct ir_region *copy = mem_resize(NULL, sizeof(*copy));
    ir_region_init(copy);
    ir_region_copy(copy, from);
    return copy;
}

/* A translation with room for its entries and links. */
static struct jit_code *translate_alloc(struct jit *jit, const struct jit_code *draft,
                                        uint32_t entries)
{
    size_t links = draft->host.exit_count;
    size_t bytes =
        sizeof(*draft) + entries * sizeof(*draft->entries) + links * sizeof(*draft->links);
    struct jit_code *code = pool_alloc(&jit->pool, bytes);
    *code = *draft;
    code->bytes = bytes;
    code->entries = (struct jit_entry *)(code + 1);
    code->links = (struct jit_link *)(code->entries + entries);
    for (size_t i = 0; i < links; i++) {
        code->links[i].to = NULL;
    }
    return code;
}

static struct jit_code *translate_of_host(struct jit *jit, const struct jit_code *draft)
{
    struct jit_code *code = translate_alloc(jit, draft, draft->host.entry_count);
    code->entry_count = draft->host.entry_count;
    for (uint32_t i = 0; i < code->entry_count; i++) {
        const struct host_entry *entry = &code->host.entries[i];
        code->entries[i] = (struct jit_entry){
            .code = code, .pc = code->page_va + entry->pc, .host = code->host.start + entry->code};
    }
    return code;
}

static struct jit_code *translate_of_ir(struct jit *jit, const struct jit_code *draft)
{
    const struct ir_region *ir = draft->ir;
    struct jit_code *code = translate_alloc(jit, draft, ir->block_count);
    for (uint32_t i = 0; i < ir->block_count; i++) {
        if (ir->blocks[i].entry) {
            code->entries[code->entry_count++] =
                (struct jit_entry){.code = code, .pc = ir->blocks[i].pc, .block = i};
        }
    }
    return code;
}

/* The IR blocks of entries that the host made. */
static void translate_find_blocks(struct jit_code *code)
{
    for (uint32_t i = 0; i < code->entry_count; i++) {
        for (uint32_t k = 0; k < code->ir->block_count; k++) {
            if (code->ir->blocks[k].entry && code->ir->blocks[k].pc == code->entries[i].pc) {
                code->entries[i].block = k;
            }
        }
    }
}

static struct jit_entry *translate_entry_at(struct jit_code *code, uint64_t pc)
{
    for (uint32_t i = 0; i < code->entry_count; i++) {
        if (code->entries[i].pc == pc) {
            return &code->entries[i];
        }
    }
    CHECK_UNREACHABLE();
}

/* What a region under construction asks about (jit_region_builder.known). */
struct translate_place {
    struct jit *jit;
    const struct jit_page *page;
    uint32_t mode;
};

static bool translate_known(void *opaque, uint64_t pc)
{
    const struct translate_place *place = opaque;
    struct jit_entry *alias;
    return jit_codes_find(place->jit, place->page, pc, place->mode, &alias) != NULL;
}

struct jit_code *jit_code_add(struct jit *jit, const struct jit_code *draft,
                              const struct ir_region *ir)
{
    const struct log *log = jit->config.log;
    if (jit->host && log_on(log, LOG_OUT_ASM)) {
        fprintf(log->file, "---- host code at %p, %u bytes, of 0x%" PRIx64 "\n",
                (const void *)draft->host.start, draft->host.size, ir->pc);
        jit->config.host->disassemble(jit->host, &draft->host, log->file);
    }
    struct jit_code *code = jit->host ? translate_of_host(jit, draft) : translate_of_ir(jit, draft);
    if (jit->host && code->ir) {
        translate_find_blocks(code);
    }
    jit_codes_add(jit, code);
    jit->stats.regions++;
    jit->stats.blocks += ir->block_count;
    jit->stats.guest_insns_translated += ir->guest_insns;
    jit->stats.host_bytes += code->host.size;
    return code;
}

enum { TRANSLATE_EVICT_SHARE = 8 };

struct jit_entry *jit_translate(struct cpu *cpu, struct jit_page *page, uint64_t pc, uint32_t mode)
{
    struct jit *jit = cpu->jit;
    uint64_t began = translate_clock();
    uint64_t page_va = pc & ~(uint64_t)JIT_PAGE_MASK;
    uint64_t next_va = page_va + SPACE_PAGE_SIZE;
    if (jit->config.guest->pc_type == IR_I32) {
        next_va = (uint32_t)next_va;
    }
    struct jit_page *next = jit_code_page(cpu, next_va, true);
    struct guest_code guest = {.page = page_va,
                               .bytes = page->host,
                               .next = next ? next->host : NULL,
                               .next_number = next ? next->number : 0,
                               .mode = mode,
                               .cpu = cpu,
                               .max_insns = REGION_MAX_BLOCK_INSNS};
    struct ir_region *ir = &jit->ir;
    struct translate_place place = {.jit = jit, .page = page, .mode = mode};
    jit->builder->known = translate_known;
    jit->builder->opaque = &place;
    region_build(jit->builder, jit->config.guest, &guest, ir, pc);
    translate_log(jit, &guest, ir, LOG_IN_ASM);
    translate_log(jit, &guest, ir, LOG_OP);

    struct jit_code draft = {
        .page_va = page_va,
        .mode = mode & ~jit->config.guest->lazy_mode,
        .lazy = jit->builder->lazy ? mode & jit->config.guest->lazy_mode : JIT_ANY_LAZY,
        .page = {page, jit->builder->guest.uses_next ? next : NULL},
        .lines = {jit->builder->lines[0], jit->builder->lines[1]},
        .fixed = jit->builder->guest.fixed,
        .transient = jit->builder->guest.uses_next && !next,
    };
    if (draft.page[1] == page) {
        draft.lines[0] |= draft.lines[1];
    }
    draft.quick = jit->tier && !draft.page[1] && !draft.transient;
    if (draft.quick) {
        opt_run_quick(ir, jit->config.guest);
    } else {
        opt_run(ir, jit->config.guest);
    }
    translate_log(jit, &guest, ir, LOG_OP_OPT);
    if (jit->host) {
        while (!jit->config.host->compile(jit->host, ir, &draft.host)) {
            CHECK(jit->oldest);
            jit_codes_evict(jit, jit->config.buffer_size / TRANSLATE_EVICT_SHARE);
        }
    }
    if (jit->config.engine != JIT_ENGINE_JIT) {
        draft.ir = translate_keep(ir);
    }
    struct jit_code *code = jit_code_add(jit, &draft, ir);
    jit->stats.translate_ns += translate_clock() - began;
    return translate_entry_at(code, pc);
}

struct jit_entry *jit_clone(struct jit *jit, const struct jit_entry *from, uint64_t pc)
{
    struct jit_code *old = from->code;
    int64_t delta = (int64_t)(pc - from->pc);
    if (!jit->host || old->ir || (uint64_t)delta & old->fixed) {
        return NULL;
    }
    struct jit_code draft = {
        .page_va = old->page_va + (uint64_t)delta,
        .mode = old->mode,
        .lazy = old->lazy,
        .quick = old->quick,
        .page = {old->page[0]},
        .lines = {old->lines[0]},
        .fixed = old->fixed,
    };
    if (!jit->config.host->clone(jit->host, &old->host, delta, &draft.host)) {
        return NULL; /* no room: the caller translates, which evicts */
    }
    struct jit_code *code = translate_of_host(jit, &draft);
    jit_codes_add(jit, code);
    jit->stats.clones++;
    jit->stats.host_bytes += code->host.size;
    return translate_entry_at(code, pc);
}

bool jit_dump_block(struct cpu *cpu, uint64_t pc, FILE *out)
{
    struct jit *jit = cpu->jit;
    struct jit_page *page = jit_code_page(cpu, pc, true);
    if (!page) {
        return false;
    }
    uint64_t page_va = pc & ~(uint64_t)JIT_PAGE_MASK;
    const struct guest_ops *ops = jit->config.guest;
    struct guest_code guest = {.page = page_va,
                               .bytes = page->host,
                               .mode = ops->mode(cpu),
                               .cpu = cpu,
                               .max_insns = REGION_MAX_BLOCK_INSNS};
    jit->builder->known = NULL;
    region_build(jit->builder, ops, &guest, &jit->ir, pc);
    fprintf(out, "guest code\n");
    translate_log_guest(jit, &guest, &jit->ir, out);
    fprintf(out, "\nintermediate code\n");
    ir_print(&jit->ir, ops->slots, ops->slot_count, out);
    for (unsigned i = 0; i < opt_pipeline_count; i++) {
        opt_pipeline[i].run(&jit->ir, ops);
        fprintf(out, "\nafter pass '%s'\n", opt_pipeline[i].name);
        ir_print(&jit->ir, ops->slots, ops->slot_count, out);
    }
    struct host_code code = {0};
    if (jit->host && jit->config.host->compile(jit->host, &jit->ir, &code)) {
        fprintf(out, "\nhost code\n");
        jit->config.host->disassemble(jit->host, &code, out);
        jit->config.host->release(jit->host, &code);
    }
    return true;
}
