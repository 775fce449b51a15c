#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/hash.h"
#include "targets/mips/frontend.h"
#include "targets/mips/models.h"
#include "targets/mips/system.h"
#include "targets/mips/tlb.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct mips_cpu *mips_cpu_create(const char *name, bool big_endian)
{
    const struct mips_model *model = mips_model_find(name);
    if (!model) {
        return NULL;
    }
    struct mips_cpu *cpu = aligned_alloc(64, (sizeof(*cpu) + 63) / 64 * 64);
    CHECK(cpu);
    memset(cpu, 0, sizeof(*cpu));
    cpu->cpu.guest = &mips_guest_ops;
    cpu->model = model;
    cpu->features = model->features;
    cpu->big = big_endian;
    cpu->decoders = mips_decoders_create();
    cpu->evicted = mips_evicted_create();
    mips_timer_create(cpu);
    mips_reset(&cpu->cpu);
    return cpu;
}

void mips_cpu_destroy(struct mips_cpu *cpu)
{
    if (cpu) {
        mips_timer_destroy(cpu);
        mips_evicted_destroy(cpu->evicted);
        mips_decoders_destroy(cpu->decoders);
        free(cpu);
    }
}

/* III 6.2.4. Registers that are UNPREDICTABLE then are 0; the inputs stay what devices make them.
 */
void mips_reset(struct cpu *base)
{
    struct mips_cpu *cpu = mips_cpu(base);
    memset(cpu->r, 0, sizeof(cpu->r));
    memset(cpu->lo, 0, sizeof(cpu->lo));
    memset(cpu->hi, 0, sizeof(cpu->hi));
    memset(cpu->f, 0, sizeof(cpu->f));
    cpu->delay = cpu->branch_taken = cpu->branch_target = 0;
    cpu->ll_address = 1;
    cpu->ll_value = 0;
    cpu->dsp_control = 0;
    cpu->fp = (struct fp_env){.nan_rule = FP_NAN_LEGACY};
    mips_fcsr_write(cpu, 0);
    cpu->exception = MIPS_EXC_NONE;
    cpu->fault_address = 0;
    cpu->refill = false;
    cpu->cpu.halted = cpu->cpu.stopped = false;
    mips_cp0_reset(cpu);
    mips_timer_reset(cpu);
    mips_tlb_reset(cpu);
    cpu->space_key = UINT64_MAX;
    mips_space_update(cpu);
    cpu->pc = UINT32_C(0xbfc00000);
}

static void mips_dump_tlb(const struct mips_cpu *cpu, FILE *out)
{
    for (unsigned i = 0; i < cpu->tlb_count; i++) {
        const struct mips_tlb_entry *entry = &cpu->tlb[i];
        if ((entry->lo[0] | entry->lo[1]) & MIPS_LO_V) {
            fprintf(out, "tlb %2u: %08x mask %08x asid %02x%s  lo %08x %08x\n", i, entry->vpn2,
                    entry->mask, entry->asid, entry->global ? " G" : "  ", entry->lo[0],
                    entry->lo[1]);
        }
    }
}

void mips_dump(const struct cpu *base, FILE *out)
{
    static const char *const names[32] = {
        "zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2",
        "t3",   "t4", "t5", "t6", "t7", "s0", "s1", "s2", "s3", "s4", "s5",
        "s6",   "s7", "t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra",
    };
    /* Reading FCSR may fold flags together. */
    struct mips_cpu copy = *(const struct mips_cpu *)base, *cpu = &copy;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        fprintf(out, "%-4s %08x%s", names[i], cpu->r[i], i % 4 == 3 ? "\n" : "  ");
    }
    const struct mips_cp0 *cp0 = &cpu->cp0;
    fprintf(out, "pc   %08x  lo   %08x  hi   %08x%s%s%s\n", cpu->pc, cpu->lo[0], cpu->hi[0],
            cpu->delay ? " in a delay slot" : "", base->halted ? " halted" : "",
            base->stopped ? " off" : "");
    fprintf(out, "status %08x  cause %08x  epc %08x  errorepc %08x  badvaddr %08x\n", cp0->status,
            (cp0->cause & ~(uint32_t)MIPS_CAUSE_IP) | mips_pending(cpu), cp0->epc, cp0->errorepc,
            cp0->badvaddr);
    fprintf(out, "context %08x  entryhi %08x  entrylo %08x %08x  pagemask %08x  wired %u\n",
            cp0->context, cp0->entryhi, cp0->entrylo[0], cp0->entrylo[1], cp0->pagemask,
            cp0->wired);
    fprintf(out, "count %08x  compare %08x  ebase %08x  intctl %08x  fcsr %08x\n",
            mips_count_read(cpu), cp0->compare, cp0->ebase, cp0->intctl, mips_fcsr_read(cpu));
    mips_dump_tlb(cpu, out);
}

/* The architectural state but for the TLB, each piece once, for mips_hash(). */
#define PIECE(member)                                                                              \
    {                                                                                              \
        offsetof(struct mips_cpu, member), sizeof(((struct mips_cpu *)0)->member)                  \
    }
static const struct {
    uint32_t offset, size;
} mips_pieces[] = {
    PIECE(r), PIECE(lo),         PIECE(hi),          PIECE(pc),  PIECE(delay),
    PIECE(f), PIECE(ll_address), PIECE(dsp_control), PIECE(cp0), PIECE(interrupts),
};
#undef PIECE

/* Reading FCSR may fold flags together. */
static uint32_t mips_hash_fcsr(const struct mips_cpu *cpu)
{
    struct mips_cpu copy = *cpu;
    return mips_fcsr_read(&copy);
}

uint64_t mips_hash(const struct cpu *base, uint64_t hash)
{
    const struct mips_cpu *cpu = (const struct mips_cpu *)base;
    const uint32_t words[] = {
        base->halted,
        base->stopped,
        mips_hash_fcsr(cpu),
        cpu->ll_address & 1 ? 0 : cpu->ll_value,
    };
    hash = hash_bytes(hash, words, sizeof(words));
    for (unsigned i = 0; i < ARRAY_SIZE(mips_pieces); i++) {
        hash = hash_bytes(hash, (const uint8_t *)cpu + mips_pieces[i].offset, mips_pieces[i].size);
    }
    for (unsigned i = 0; i < cpu->tlb_count; i++) {
        const struct mips_tlb_entry *entry = &cpu->tlb[i];
        const uint32_t fields[] = {entry->vpn2,   entry->mask,  entry->asid,
                                   entry->global, entry->lo[0], entry->lo[1]};
        hash = hash_bytes(hash, fields, sizeof(fields));
    }
    return hash;
}
