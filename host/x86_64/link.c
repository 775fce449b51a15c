/* Code in the buffer: putting it there, copying it for another page, linking its
 * exits, freeing it. */
#include "core/base/mem.h"
#include "host/x86_64/compile.h"

#include <stdlib.h>
#include <string.h>

static void add32(uint8_t *at, uint32_t amount)
{
    uint32_t v;
    memcpy(&v, at, 4);
    v += amount;
    memcpy(at, &v, 4);
}

static void put32(uint8_t *at, uint32_t v)
{
    memcpy(at, &v, 4);
}

static uint8_t *code_rw(struct host *host, const struct host_code *code)
{
    const struct x64_side *side = code->side;
    return host->buffer.rw + side->offset;
}

/* ---- exits ----------------------------------------------------------------------------------- */

/* A cross-page exit is "cmp dword gs:[.. page * 4], number; jne stub; jmp rel32" (lower_goto). */
enum { EXIT_NUMBER = -11 };

static void exit_patch(struct host *host, const struct host_code *code,
                       const struct host_exit *exit, uint32_t target, uint32_t page_number)
{
    uint8_t *site = code_rw(host, code) + exit->site;
    put32(site, target - (exit->site + 4));
    if (exit->cross_page) {
        put32(site + EXIT_NUMBER, page_number);
    }
}

void x64_link(struct host *host, const struct host_code *code, const struct host_exit *exit,
              const uint8_t *entry, uint32_t page_number)
{
    uint32_t target = (uint32_t)(entry - code->start) + (exit->returns ? X64_POLL_SIZE : 0);
    exit_patch(host, code, exit, target, page_number);
}

void x64_unlink(struct host *host, const struct host_code *code, const struct host_exit *exit)
{
    const struct x64_side *side = code->side;
    exit_patch(host, code, exit, side->stubs[exit - code->exits], UINT32_MAX);
}

static uint32_t exit_id_take(struct host *host)
{
    return host->free_exit_count ? host->free_exits[--host->free_exit_count] : host->next_exit++;
}

static void exit_id_give(struct host *host, uint32_t id)
{
    if (host->free_exit_count == host->free_exit_cap) {
        host->free_exit_cap = host->free_exit_cap ? host->free_exit_cap * 2 : 1024;
        host->free_exits =
            mem_resize(host->free_exits, host->free_exit_cap * sizeof(*host->free_exits));
    }
    host->free_exits[host->free_exit_count++] = id;
}

/* ---- moving ---------------------------------------------------------------------------------- */

/* After the bytes were copied from buffer offset `from`, made for addresses lower by `delta`. */
static void relocate(struct host *host, const struct host_code *code, uint32_t from, int64_t delta)
{
    const struct x64_side *side = code->side;
    uint8_t *bytes = code_rw(host, code);
    for (uint32_t i = 0; i < side->reloc_count; i++) {
        const struct x64_reloc *reloc = &side->relocs[i];
        uint8_t *at = bytes + reloc->at;
        uint64_t wide;
        uint32_t page;
        switch ((enum x64_reloc_kind)reloc->kind) {
        case X64_RELOC_PC32:
            add32(at, (uint32_t)delta);
            break;
        case X64_RELOC_PC64:
            memcpy(&wide, at, 8);
            wide += (uint64_t)delta;
            memcpy(at, &wide, 8);
            break;
        case X64_RELOC_VPAGE:
            memcpy(&page, at, 4);
            page += (uint32_t)delta >> SPACE_PAGE_BITS << 2;
            put32(at, SPACE_DATA_BYTES | (page & (SPACE_ENTRIES * 4 - 1)));
            break;
        case X64_RELOC_REL32:
            add32(at, from - side->offset);
            break;
        case X64_RELOC_EXIT:
            put32(at, code->exits[reloc->extra].id);
            break;
        }
    }
}

/* Room for the code, and an id for each exit. The arrays are in place. */
static bool place(struct host *host, struct host_code *code, struct x64_side *side, uint32_t size)
{
    uint32_t offset = x64_buffer_alloc(&host->buffer, size);
    if (offset == UINT32_MAX) {
        pool_free(&host->pool, side, side->bytes);
        code->side = NULL;
        return false;
    }
    side->offset = offset;
    code->side = side;
    code->start = host->buffer.rx + offset;
    code->size = size;
    for (uint32_t i = 0; i < code->exit_count; i++) {
        code->exits[i].id = exit_id_take(host);
    }
    return true;
}

/* The arrays behind the side table, in this order. */
static void lay_out(struct x64_side *side, struct host_code *code)
{
    side->restores = (struct x64_restore *)(side + 1);
    side->sites = (struct x64_site *)(side->restores + side->restore_count);
    code->exits = (struct host_exit *)(side->sites + side->site_count);
    side->relocs = (struct x64_reloc *)(code->exits + code->exit_count);
    side->stubs = (uint32_t *)(side->relocs + side->reloc_count);
    code->entries = (struct host_entry *)(side->stubs + code->exit_count);
}

/* Sites by return address: those of calls, in the code proper, come before those of its stubs. */
static void install_sites(const struct x64_scratch *s, struct x64_side *side)
{
    uint32_t out = 0;
    for (unsigned stubs = 0; stubs < 2; stubs++) {
        for (uint32_t i = 0; i < s->sites.count; i++) {
            if ((s->sites.items[i].ret >= s->stubs_start) == stubs) {
                side->sites[out++] = s->sites.items[i];
            }
        }
    }
}

/* An empty list may have no address. */
static void copy_list(void *to, const void *from, size_t size)
{
    if (size) {
        memcpy(to, from, size);
    }
}

bool x64_install(struct host *host, const struct x64_scratch *s, struct host_code *code)
{
    uint32_t size = (uint32_t)(s->code.p - s->code.start);
    code->entry_count = s->entries.count;
    code->exit_count = s->exits.count;
    uint32_t bytes =
        (uint32_t)(sizeof(struct x64_side) + s->restores.count * sizeof(struct x64_restore) +
                   s->sites.count * sizeof(struct x64_site) +
                   s->exits.count * (sizeof(struct host_exit) + sizeof(uint32_t)) +
                   s->relocs.count * sizeof(struct x64_reloc) +
                   s->entries.count * sizeof(struct host_entry));
    struct x64_side *side = pool_alloc(&host->pool, bytes);
    side->bytes = bytes;
    side->restore_count = s->restores.count;
    side->site_count = s->sites.count;
    side->reloc_count = s->relocs.count;
    lay_out(side, code);
    copy_list(side->restores, s->restores.items, s->restores.count * sizeof(struct x64_restore));
    install_sites(s, side);
    copy_list(code->exits, s->exits.items, s->exits.count * sizeof(struct host_exit));
    copy_list(side->relocs, s->relocs.items, s->relocs.count * sizeof(struct x64_reloc));
    copy_list(side->stubs, s->exit_stubs.items, s->exits.count * sizeof(uint32_t));
    copy_list(code->entries, s->entries.items, s->entries.count * sizeof(struct host_entry));
    if (!place(host, code, side, size)) {
        return false;
    }
    memcpy(code_rw(host, code), s->code.start, size);
    relocate(host, code, 0, 0);
    return true;
}

bool x64_clone(struct host *host, const struct host_code *from, int64_t delta,
               struct host_code *code)
{
    const struct x64_side *old = from->side;
    struct x64_side *side = pool_alloc(&host->pool, old->bytes);
    memcpy(side, old, old->bytes);
    code->entry_count = from->entry_count;
    code->exit_count = from->exit_count;
    lay_out(side, code);
    if (!place(host, code, side, from->size)) {
        return false;
    }
    for (uint32_t i = 0; i < side->site_count; i++) {
        side->sites[i].pc += delta;
    }
    for (uint32_t i = 0; i < side->restore_count; i++) {
        if (side->restores[i].place == X64_PLACE_PC) {
            side->restores[i].value += delta;
        }
    }
    bool narrow = host->guest->pc_type == IR_I32;
    for (uint32_t i = 0; i < code->exit_count; i++) {
        uint64_t target = code->exits[i].target + (uint64_t)delta;
        code->exits[i].target = narrow ? (uint32_t)target : target;
    }
    memcpy(code_rw(host, code), code_rw(host, from), from->size);
    relocate(host, code, old->offset, delta);
    for (uint32_t i = 0; i < code->exit_count; i++) {
        x64_unlink(host, code, &code->exits[i]);
    }
    return true;
}

void x64_release(struct host *host, struct host_code *code)
{
    struct x64_side *side = code->side;
    for (uint32_t i = 0; i < code->exit_count; i++) {
        exit_id_give(host, code->exits[i].id);
    }
    x64_buffer_free(&host->buffer, side->offset, code->size);
    pool_free(&host->pool, side, side->bytes);
    *code = (struct host_code){0};
}
