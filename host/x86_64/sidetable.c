/* What is written to the state when a call leaves: recorded while compiling, applied by jit_sync().
 */
#include "host/x86_64/lower.h"

#include <string.h>

static bool restore_place(const struct x64_compile *c, const struct ir_snapshot *entry,
                          struct x64_restore *restore)
{
    const struct x64_value *value = &c->values[entry->value];
    const struct ir_inst *inst = x64_inst(c, entry->value);
    *restore = (struct x64_restore){
        .offset = entry->offset,
        .size = (uint8_t)ir_type_size(x64_type(c, entry->value)),
    };
    switch ((enum x64_where)value->where) {
    case X64_IN_REG:
        restore->place = value->reg >= X64_XMM0 ? X64_PLACE_XMM : X64_PLACE_GPR;
        restore->value = value->reg;
        return true;
    case X64_IN_PIN:
        restore->value = value->reg;
        if (value->reg >= X64_XMM0) {
            restore->place = X64_PLACE_XMM; /* carried by a loop */
            return true;
        }
        restore->place = X64_PLACE_PIN;
        return c->host->pin_offset[value->reg] != entry->offset;
    case X64_IN_FRAME:
        restore->place = X64_PLACE_FRAME;
        restore->value = (int64_t)(value->spill - 1u) * 8;
        return true;
    case X64_IN_STATE:
        restore->place = X64_PLACE_STATE;
        restore->value = inst->imm;
        return restore->value != entry->offset;
    case X64_IS_CONST:
        restore->place = inst->op == IR_PCREL ? X64_PLACE_PC : X64_PLACE_CONST;
        restore->value = inst->imm;
        return true;
    default:
        CHECK_UNREACHABLE();
    }
}

uint32_t x64_restores_add(struct x64_compile *c, uint32_t snapshot, uint32_t *count)
{
    uint32_t first = c->s->restores.count;
    const struct ir_snapshot *entry = &c->ir->snapshots[snapshot];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        struct x64_restore restore;
        if (restore_place(c, entry, &restore)) {
            *x64_list_add(&c->s->restores) = restore;
        }
    }
    *count = c->s->restores.count - first;
    return first;
}

uint32_t x64_site_add(struct x64_compile *c, uint32_t snapshot)
{
    uint32_t count;
    uint32_t first = x64_restores_add(c, snapshot, &count);
    uint32_t unexecuted = c->counted > c->reached ? c->counted - c->reached : 0;
    *x64_list_add(&c->s->sites) = (struct x64_site){
        .restore = first,
        .restore_count = (uint16_t)count,
        .unexecuted = c->host->options.counted ? (uint16_t)unexecuted : 0,
        .tag = c->tag,
        .pc = c->pc,
    };
    return c->s->sites.count - 1;
}

void x64_restores_emit(struct x64_compile *c, uint32_t first, uint32_t count)
{
    struct x64_code *e = c->e;
    if (count) {
        /* What goes to pinned registers goes by way of their slots. */
        x64_call_pins_store(c, c->host->pinned);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct x64_restore *r = &c->s->restores.items[first + i];
        struct x64_rm to = x64_slot(r->offset);
        unsigned size = r->size == 4 ? 2 : 3;
        switch ((enum x64_place)r->place) {
        case X64_PLACE_GPR:
        case X64_PLACE_PIN:
            x64_mov_store(e, size, to, (unsigned)r->value);
            break;
        case X64_PLACE_XMM:
            x64_movx_store(e, r->size == 16 ? 4 : size, to, (unsigned)r->value);
            break;
        case X64_PLACE_PC:
            x64_mov_imm64(e, X64_RAX, (uint64_t)r->value);
            x64_reloc_add(c, X64_RELOC_PC64, x64_here(e) - 8, 0);
            x64_mov_store(e, size, to, X64_RAX);
            break;
        case X64_PLACE_CONST:
            x64_mov_imm(e, true, X64_RAX, r->value);
            x64_mov_store(e, size, to, X64_RAX);
            break;
        case X64_PLACE_STATE:
            CHECK_UNREACHABLE(); /* edges read their values first */
        case X64_PLACE_FRAME:
            for (unsigned at = 0; at < r->size; at += 8) {
                x64_mov(e, size == 3, X64_RAX, x64_m(X64_FRAME, (int32_t)(r->value + at)));
                x64_mov_store(e, size, to, X64_RAX);
                to.disp += 8;
            }
            break;
        }
    }
    if (count) {
        x64_call_pins_load(c, c->host->pinned);
    }
}

const uint8_t *x64_call_site(struct host *host, const struct cpu *cpu)
{
    (void)host;
    const uint8_t *const *frame = (const uint8_t *const *)cpu->host_save[X64_SAVE_FRAME];
    return frame[-1];
}

static const struct x64_site *sync_site(const struct x64_side *side, uint32_t ret)
{
    uint32_t first = 0, end = side->site_count;
    while (first < end) {
        uint32_t mid = (first + end) / 2;
        if (side->sites[mid].ret < ret) {
            first = mid + 1;
        } else {
            end = mid;
        }
    }
    CHECK(first < side->site_count && side->sites[first].ret == ret);
    return &side->sites[first];
}

static const void *sync_source(const struct host *host, const struct cpu *cpu,
                               const struct x64_restore *r)
{
    const char *state = (const char *)cpu;
    switch ((enum x64_place)r->place) {
    case X64_PLACE_GPR:
        return &cpu->host_save[X64_SAVE_GPR + r->value];
    case X64_PLACE_XMM:
        return &cpu->host_save[X64_SAVE_XMM + 2 * (r->value - X64_XMM0)];
    case X64_PLACE_PIN:
        return state + host->pin_offset[r->value];
    case X64_PLACE_STATE:
        return state + r->value;
    case X64_PLACE_FRAME:
        return (const char *)(uintptr_t)cpu->host_save[X64_SAVE_FRAME] + r->value;
    default:
        return &r->value;
    }
}

enum { SYNC_MAX = 256 };

uint32_t x64_sync(struct host *host, struct cpu *cpu, const struct host_code *code)
{
    const struct x64_side *side = code->side;
    uint32_t ret = (uint32_t)(x64_call_site(host, cpu) - code->start);
    const struct x64_site *site = sync_site(side, ret);
    char *state = (char *)cpu;
    /* A slot may be another one's source: all are read before any is written. */
    uint64_t values[SYNC_MAX][2];
    CHECK(site->restore_count <= SYNC_MAX);
    for (unsigned i = 0; i < site->restore_count; i++) {
        const struct x64_restore *r = &side->restores[site->restore + i];
        memcpy(values[i], sync_source(host, cpu, r), r->size);
    }
    for (unsigned i = 0; i < site->restore_count; i++) {
        const struct x64_restore *r = &side->restores[site->restore + i];
        memcpy(state + r->offset, values[i], r->size);
    }
    const struct guest_ops *guest = host->guest;
    memcpy(state + guest->pc_offset, &site->pc, ir_type_size(guest->pc_type));
    if (guest->tag_offset) {
        memcpy(state + guest->tag_offset, &site->tag, sizeof(site->tag));
    }
    return site->unexecuted;
}
