#include "tests/oracle/mips/unicorn_fpu.h"

#include "core/base/check.h"

#include <stdlib.h>
#include <string.h>

enum { CODE = 0, DATA = 0x800, SIZE = 0x1000, FCSR = DATA + 256, ACC = FCSR + 4, LOADS = 32 };
#define BASE UINT32_C(0x3a7c0000)

enum { STATUS_CU1 = 1 << 29, STATUS_FR = 1 << 26, STATUS_MX = 1 << 24, REG_DATA = 4 };

struct unicorn_fpu {
    uc_engine *uc;
    bool big, dsp;
    uc_context *scratch;
    size_t size;        /* of a context */
    size_t f[32], fcsr; /* offsets in it */
    size_t acc_hi[4], acc_lo[4], dsp_control;
    uint32_t end[2], begin[2]; /* of the code that sets the registers, by FR */
};

bool unicorn_fpu_is_at(uint32_t address)
{
    return address - BASE < SIZE;
}

static void put_word(struct unicorn_fpu *fpu, uint32_t offset, uint32_t word)
{
    word = fpu->big ? __builtin_bswap32(word) : word;
    CHECK(uc_mem_write(fpu->uc, BASE + offset, &word, 4) == UC_ERR_OK);
}

static void put_double(struct unicorn_fpu *fpu, uint32_t offset, uint64_t value)
{
    value = fpu->big ? __builtin_bswap64(value) : value;
    CHECK(uc_mem_write(fpu->uc, BASE + offset, &value, 8) == UC_ERR_OK);
}

/* LDC1 of the registers there are; LW, CTC1, and the GPR is cleared, so that its value is in one
 * place only. */
static void put_code(struct unicorn_fpu *fpu, bool fr)
{
    uint32_t at = CODE + fr * 0x200u;
    fpu->begin[fr] = BASE + at;
    for (uint32_t i = 0; i < LOADS; i += fr ? 1 : 2, at += 4) {
        put_word(fpu, at, 0xd4000000 | REG_DATA << 21 | i << 16 | 8 * i);
    }
    put_word(fpu, at, 0x8c080000 | REG_DATA << 21 | (FCSR - DATA)); /* lw t0 */
    put_word(fpu, at + 4, 0x44c8f800);                              /* ctc1 t0, fcsr */
    at += 8;
    for (uint32_t i = 0; i < 9 && fpu->dsp; i++, at += 8) {
        uint32_t move = 0x01000011 | (i & 1) << 1 | i / 2 << 11; /* mthi, mtlo t0, acc */
        put_word(fpu, at, 0x8c080000 | REG_DATA << 21 | (ACC - DATA + 4 * i)); /* lw t0 */
        put_word(fpu, at + 4, i < 8 ? move : 0x7d01fcf8);                      /* wrdsp t0 */
    }
    put_word(fpu, at, 0x00004025); /* or t0, zero, zero */
    fpu->end[fr] = BASE + at + 4;
}

void unicorn_fpu_set(struct unicorn_fpu *fpu, const struct cpu_state *state, bool fr)
{
    uint32_t data = BASE + DATA;
    for (uint32_t i = 0; i < LOADS; i++) {
        put_double(fpu, DATA + 8 * i, state->f[i]);
    }
    put_word(fpu, FCSR, state->fcsr);
    for (uint32_t i = 0; i < 4; i++) {
        put_word(fpu, ACC + 8 * i, state->acc_hi[i]);
        put_word(fpu, ACC + 8 * i + 4, state->acc_lo[i]);
    }
    put_word(fpu, ACC + 32, state->dsp_control);
    CHECK(uc_reg_write(fpu->uc, UC_MIPS_REG_0 + REG_DATA, &data) == UC_ERR_OK);
    CHECK(uc_emu_start(fpu->uc, fpu->begin[fr], fpu->end[fr], 0, 0) == UC_ERR_OK);
}

/* ---- where they are -------------------------------------------------------------------------- */

static const uint8_t *save(struct unicorn_fpu *fpu)
{
    CHECK(uc_context_save(fpu->uc, fpu->scratch) == UC_ERR_OK);
    return (const uint8_t *)fpu->scratch;
}

static size_t find(const uint8_t *bytes, size_t size, const void *what, size_t length, size_t from)
{
    for (size_t at = from; at + length <= size; at += 4) {
        if (memcmp(bytes + at, what, length) == 0) {
            return at;
        }
    }
    CHECK(false);
    return 0;
}

static void find_dsp(struct unicorn_fpu *fpu)
{
    struct cpu_state state = {.dsp_control = 0x0a552d36};
    for (uint32_t i = 0; i < 4; i++) {
        state.acc_hi[i] = 0x71a3c5e9 + i;
        state.acc_lo[i] = 0x62b4d6f8 + i;
    }
    unicorn_fpu_set(fpu, &state, true);
    const uint8_t *bytes = save(fpu);
    for (unsigned i = 0; i < 4; i++) {
        fpu->acc_hi[i] = find(bytes, fpu->size, &state.acc_hi[i], 4, 0);
        fpu->acc_lo[i] = find(bytes, fpu->size, &state.acc_lo[i], 4, 0);
    }
    fpu->dsp_control = find(bytes, fpu->size, &state.dsp_control, 4, 0);
}

static void find_registers(struct unicorn_fpu *fpu)
{
    struct cpu_state state = {.fcsr = 0xfe800a57};
    for (unsigned i = 0; i < 32; i++) {
        state.f[i] = UINT64_C(0x9d7a31c5e0000000) + i * UINT64_C(0x100000001);
    }
    unicorn_fpu_set(fpu, &state, true);
    const uint8_t *bytes = save(fpu);
    for (unsigned i = 0; i < 32; i++) {
        fpu->f[i] = find(bytes, fpu->size, &state.f[i], 8, 0);
    }
    /* Where FCSR is, is also another value when that is written. */
    uint32_t other = 0x00800a2c;
    size_t at = find(bytes, fpu->size, &state.fcsr, 4, 0);
    for (;;) {
        struct cpu_state changed = state;
        changed.fcsr = other;
        unicorn_fpu_set(fpu, &changed, true);
        if (memcmp(save(fpu) + at, &other, 4) == 0) {
            break;
        }
        unicorn_fpu_set(fpu, &state, true);
        at = find(save(fpu), fpu->size, &state.fcsr, 4, at + 4);
    }
    fpu->fcsr = at;
}

struct unicorn_fpu *unicorn_fpu_create(uc_engine *uc, bool big, bool dsp, uc_context *fresh[2])
{
    struct unicorn_fpu *fpu = calloc(1, sizeof *fpu);
    CHECK(fpu);
    fpu->uc = uc;
    fpu->big = big;
    fpu->dsp = dsp;
    fpu->size = uc_context_size(uc);
    CHECK(uc_context_alloc(uc, &fpu->scratch) == UC_ERR_OK);
    CHECK(uc_mem_map(uc, BASE, SIZE, UC_PROT_ALL) == UC_ERR_OK);
    for (unsigned fr = 0; fr < 2; fr++) {
        uint32_t status; /* the rest as after reset: without ERL, Unicorn asks the TLB */
        CHECK(uc_reg_read(uc, UC_MIPS_REG_CP0_STATUS, &status) == UC_ERR_OK);
        status |= STATUS_CU1 | (fr ? STATUS_FR : 0) | (dsp ? STATUS_MX : 0);
        CHECK(uc_reg_write(uc, UC_MIPS_REG_CP0_STATUS, &status) == UC_ERR_OK);
        CHECK(uc_context_alloc(uc, &fresh[fr]) == UC_ERR_OK);
        CHECK(uc_context_save(uc, fresh[fr]) == UC_ERR_OK);
        put_code(fpu, fr);
    }
    find_registers(fpu);
    if (dsp) {
        find_dsp(fpu);
    }
    return fpu;
}

void unicorn_fpu_destroy(struct unicorn_fpu *fpu)
{
    uc_context_free(fpu->scratch);
    free(fpu);
}

/* FR = 0: what one pair is with us is the low halves of two registers. */
void unicorn_fpu_get(struct unicorn_fpu *fpu, struct cpu_state *state, bool fr)
{
    const uint8_t *bytes = save(fpu);
    for (unsigned i = 0; i < 32; i++) {
        memcpy(&state->f[i], bytes + fpu->f[i], 8);
    }
    for (unsigned i = 0; i < 32 && !fr; i += 2) {
        state->f[i] = (uint32_t)state->f[i] | state->f[i + 1] << 32;
        state->f[i + 1] = 0;
    }
    memcpy(&state->fcsr, bytes + fpu->fcsr, 4);
    for (unsigned i = 0; i < 4 && fpu->dsp; i++) {
        memcpy(&state->acc_hi[i], bytes + fpu->acc_hi[i], 4);
        memcpy(&state->acc_lo[i], bytes + fpu->acc_lo[i], 4);
    }
    if (fpu->dsp) {
        memcpy(&state->dsp_control, bytes + fpu->dsp_control, 4);
    }
}
