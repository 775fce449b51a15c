#include "tests/oracle/rules.h"

#include "core/base/bits.h"
#include "targets/arm/handlers.h"

#include <string.h>

enum {
    SKIP = 1,   /* not compared */
    MEMORY = 2, /* field n is an address */
    INDEX = 4,  /* field m is an index */
    NOT_IT = 8, /* not in an IT block */
    LAST = 16,  /* the last of a sequence: what it jumps over might be UNPREDICTABLE to enter */
};

typedef void handler_fn(void *translation, const struct decode_insn *insn);

/* Per handler: the fields that must not be 15 (in Thumb and ARM), flags, and bits to clear and
 * set. */
static const struct rule {
    handler_fn *handler;
    const char *not_pc;
    uint32_t flags;
    uint32_t clear, set;
} rules[] = {
    {arm_tr_svc, "", SKIP, 0, 0},
    {arm_tr_hvc, "", SKIP, 0, 0},
    {arm_tr_smc, "", SKIP, 0, 0},
    {arm_tr_wfi, "", SKIP, 0, 0},
    {arm_tr_wfe, "", SKIP, 0, 0},
    {arm_tr_sev, "", SKIP, 0, 0},
    {arm_tr_srs, "", SKIP, 0, 0},
    {arm_tr_rfe, "", SKIP, 0, 0},
    {arm_tr_eret, "", SKIP, 0, 0},
    {arm_tr_ldm_user, "", SKIP, 0, 0},
    {arm_tr_stm_user, "", SKIP, 0, 0},
    {arm_tr_ldm_return, "", SKIP, 0, 0},
    {arm_tr_mrs, "", SKIP, 0, 0},
    {arm_tr_mrs_banked, "", SKIP, 0, 0},
    {arm_tr_msr_banked, "", SKIP, 0, 0},
    {arm_tr_cps, "", SKIP, 0, 0},
    {arm_tr_setend, "", SKIP, 0, 0},
    {arm_tr_mcr, "", SKIP, 0, 0},
    {arm_tr_mrc, "", SKIP, 0, 0},
    {arm_tr_mcrr, "", SKIP, 0, 0},
    {arm_tr_mrrc, "", SKIP, 0, 0},
    {arm_tr_it, "", SKIP, 0, 0},
    {arm_tr_coproc_none, "", SKIP, 0, 0}, /* Unicorn has a debug register there */
    {arm_tr_isb, "", NOT_IT, 0, 0},       /* Unicorn forgets ITSTATE there */
    {arm_tr_b_a32, "", 0, 0x00fffff0, 0},
    {arm_tr_bl_a32, "", 0, 0x00fffff0, 0},
    {arm_tr_blx_a32, "", LAST, 0x00fffff0, 0},
    {arm_tr_b_t16, "", NOT_IT | LAST, 0x7e0, 0},
    {arm_tr_b_t16_cond, "", NOT_IT | LAST, 0xe0, 0},
    {arm_tr_b_t32, "", NOT_IT | LAST, 0x07ff07e0, 0x2800},
    {arm_tr_bl_t32, "", NOT_IT | LAST, 0x07ff07e0, 0x2800},
    {arm_tr_blx_t32, "", NOT_IT | LAST, 0x07ff07e0, 0x2800},
    {arm_tr_b_t32_cond, "", NOT_IT | LAST, 0x043f2fe0, 0},
    {arm_tr_cbz, "", NOT_IT | LAST, 0, 0},
    {arm_tr_bx, "m", NOT_IT | LAST, 0, 0},
    {arm_tr_blx_reg, "m", NOT_IT | LAST, 0, 0},
    {arm_tr_table_branch, "nm", NOT_IT | LAST | MEMORY | INDEX, 0, 0},
    {arm_tr_udf, "", LAST, 0, 0},
    {arm_tr_bkpt, "", NOT_IT | LAST, 0, 0},
    {arm_tr_dp_imm, "", 0, 0, 0},
    {arm_tr_dp_rsr, "dnmr", 0, 0, 0},
    {arm_tr_add_plain, "d", 0, 0, 0},
    {arm_tr_movw, "d", 0, 0, 0},
    {arm_tr_movt, "d", 0, 0, 0},
    {arm_tr_mul, "dnm", 0, 0, 0},
    {arm_tr_mla, "dnma", 0, 0, 0},
    {arm_tr_mls, "dnma", 0, 0, 0},
    {arm_tr_mull, "hlnm", 0, 0, 0},
    {arm_tr_umaal, "hlnm", 0, 0, 0},
    {arm_tr_smlaxy, "dnm", 0, 0, 0},
    {arm_tr_smlawy, "dnm", 0, 0, 0},
    {arm_tr_smlalxy, "hlnm", 0, 0, 0},
    {arm_tr_smlad, "dnm", 0, 0, 0},
    {arm_tr_smlald, "hlnm", 0, 0, 0},
    {arm_tr_smmla, "dnm", 0, 0, 0},
    {arm_tr_div, "dnm", 0, 0, 0},
    {arm_tr_qadd, "dnm", 0, 0, 0},
    {arm_tr_parallel, "dnm", 0, 0, 0},
    {arm_tr_pkh, "dnm", 0, 0, 0},
    {arm_tr_sel, "dnm", 0, 0, 0},
    {arm_tr_usada8, "dnm", 0, 0, 0},
    {arm_tr_extend, "dm", 0, 0, 0},
    {arm_tr_sat, "dn", 0, 0, 0},
    {arm_tr_sat16, "dn", 0, 0, 0},
    {arm_tr_rev, "dm", 0, 0, 0},
    {arm_tr_clz, "dm", 0, 0, 0},
    {arm_tr_bfx, "dn", 0, 0, 0},
    {arm_tr_bfi, "d", 0, 0, 0},
    {arm_tr_ldst_imm, "", MEMORY, 0, 0},
    {arm_tr_ldst_reg, "m", MEMORY | INDEX, 0, 0},
    {arm_tr_ldst_literal, "", MEMORY, 0, 0},
    {arm_tr_ldrd_imm, "tq", MEMORY, 0, 0},
    {arm_tr_ldrd_reg, "tqm", MEMORY | INDEX, 0, 0},
    {arm_tr_ldm, "n", MEMORY, 0, 0},
    {arm_tr_stm, "n", MEMORY, 0, 0},
    {arm_tr_ldrex, "ntq", MEMORY, 0, 0},
    {arm_tr_strex, "ntqd", MEMORY, 0, 0},
    {arm_tr_swp, "ntm", MEMORY, 0, 0},
    {arm_tr_msr_reg, "n", 0, 0, 0},
};

static const struct rule *find(const struct decode_row *row)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
        if (rules[i].handler == row->handler) {
            return &rules[i];
        }
    }
    return NULL;
}

static bool has_flag(const struct decode_row *row, uint32_t flag)
{
    const struct rule *rule = find(row);
    return rule && rule->flags & flag;
}

/* Loads and stores of the VFP and Advanced SIMD registers. */
static bool is_extension_memory(const struct decode_row *row)
{
    static const char *const names[] = {"vldr", "vstr", "vldm", "vstm", "vldn"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (strncmp(row->name, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool rules_skip(const struct decode_row *row)
{
    /* YIELD and its like stop Unicorn. */
    return has_flag(row, SKIP) || strcmp(row->name, "nop") == 0;
}

uint32_t rules_tame(const struct decode_row *row, uint32_t word)
{
    const struct rule *rule = find(row);
    return rule ? (word & ~rule->clear) | rule->set : word;
}

bool rules_allowed_in_it(const struct decode_row *row)
{
    return !has_flag(row, NOT_IT);
}

bool rules_only_last(const struct decode_row *row)
{
    /* VMSR may turn on short vectors, which most of VFP is undefined with. */
    return has_flag(row, LAST) || strcmp(row->name, "vmsr") == 0;
}

bool rules_writes_pc(const struct decode_insn *insn)
{
    handler_fn *handler = insn->row->handler;
    if (handler == arm_tr_dp_reg) {
        return arm_field(insn, 'd') == 15;
    }
    if (handler == arm_tr_ldm) {
        return arm_field(insn, 'l') >> 15;
    }
    return handler == arm_tr_ldst_imm || handler == arm_tr_ldst_reg ||
                   handler == arm_tr_ldst_literal
               ? arm_field(insn, 't') == 15
               : false;
}

uint32_t rules_written(const struct decode_insn *insn)
{
    handler_fn *handler = insn->row->handler;
    bool memory = rules_uses_memory(insn->row);
    uint32_t mask = 0;
    if (handler == arm_tr_ldm || handler == arm_tr_stm) {
        mask = handler == arm_tr_ldm ? arm_field(insn, 'l') : 0;
    } else if (insn->row->name[0] == 'v') {
        mask = memory ? 0 : 1u << arm_field(insn, 't') | 1u << arm_field(insn, 'h');
    } else if (memory) {
        mask = 1u << arm_field(insn, 't') | 1u << arm_field(insn, 'q') | 1u << arm_field(insn, 'd');
    } else {
        for (const char *p = "dhl"; *p; p++) {
            mask |= strchr(insn->row->pattern, *p) ? 1u << (arm_field(insn, *p) & 15) : 0;
        }
    }
    bool writeback = arm_field(insn, 'w') || !arm_field(insn, 'p');
    return memory && writeback ? mask | 1u << arm_field(insn, 'n') : mask;
}

bool rules_uses_memory(const struct decode_row *row)
{
    return has_flag(row, MEMORY) || is_extension_memory(row);
}

bool rules_has_index(const struct decode_row *row)
{
    return has_flag(row, INDEX);
}

/* ---- UNPREDICTABLE --------------------------------------------------------------------------- */

static bool bad_single(const struct decode_insn *insn, bool thumb)
{
    unsigned n = arm_field(insn, 'n'), t = arm_field(insn, 't');
    bool store = insn->row->arg & ARM_LDST_STORE;
    bool word = (insn->row->arg & ARM_LDST_SIZE) == ARM_LDST_W;
    bool writeback = !arm_field(insn, 'p') || arm_field(insn, 'w');
    if (writeback && (n == 15 || n == t)) {
        return true;
    }
    if (thumb && n == 15 && store) {
        return true;
    }
    bool user =
        insn->row->arg & ARM_LDST_USER || (!thumb && !arm_field(insn, 'p') && arm_field(insn, 'w'));
    return t == 15 && (!word || (thumb && store) || user);
}

static bool bad_pair(const struct decode_insn *insn, bool thumb)
{
    unsigned n = arm_field(insn, 'n'), t = arm_field(insn, 't'), q = arm_field(insn, 'q');
    unsigned m = arm_field(insn, 'm');
    bool store = insn->row->arg & ARM_LDST_STORE;
    bool writeback = !arm_field(insn, 'p') || arm_field(insn, 'w');
    if (thumb ? t == q && !store : t & 1) {
        return true;
    }
    if (thumb ? !arm_field(insn, 'p') && !arm_field(insn, 'w')
              : !arm_field(insn, 'p') && arm_field(insn, 'w')) {
        return true;
    }
    if (insn->row->handler == arm_tr_ldrd_reg && !store && (m == t || m == q)) {
        return true;
    }
    return (writeback && (n == 15 || n == t || n == q)) || (thumb && store && n == 15);
}

static bool bad_list(const struct decode_insn *insn, bool thumb, unsigned length)
{
    uint32_t list = arm_field(insn, 'l');
    bool base = list >> arm_field(insn, 'n') & 1;
    if (!list ||
        (base && arm_field(insn, 'w') && (length == 4 || insn->row->handler == arm_tr_stm))) {
        return true;
    }
    if (!thumb || length == 2) {
        return false;
    }
    bool store = insn->row->handler == arm_tr_stm;
    return !(list & (list - 1)) || list >> 13 & 1 || (store && list >> 15) || list >> 14 == 3;
}

static bool bad_exclusive(const struct decode_insn *insn, bool thumb)
{
    unsigned n = arm_field(insn, 'n'), t = arm_field(insn, 't'), d = arm_field(insn, 'd');
    unsigned q = arm_field(insn, 'q');
    bool dual = insn->row->arg & ARM_LDST_DUAL;
    if (dual && (thumb ? t == q : t & 1)) {
        return true;
    }
    if (thumb && (t == 13 || d == 13 || q == 13)) {
        return true;
    }
    if (insn->row->handler != arm_tr_strex) {
        return false;
    }
    return d == n || d == t || (dual && d == q);
}

static bool bad_data_processing(const struct decode_insn *insn, bool thumb, unsigned length)
{
    unsigned d = arm_field(insn, 'd'), n = arm_field(insn, 'n'), m = arm_field(insn, 'm');
    enum arm_dp op = insn->row->arg;
    bool tests = op >= ARM_DP_TST && op <= ARM_DP_CMN;
    if (thumb && length == 4) {
        return (!tests && d == 15) || n == 15 || m == 15;
    }
    if (thumb) { /* ADD and CMP of high registers */
        return op == ARM_DP_CMP && (n == 15 || (n < 8 && m < 8));
    }
    return !tests && d == 15 && (op != ARM_DP_MOV || arm_field(insn, 's'));
}

/* ---- VFP and Advanced SIMD ------------------------------------------------------------------- */
/* What is left out is more than what is UNPREDICTABLE, but simple to say. */

static bool is_named(const struct decode_insn *insn, const char *start)
{
    return strncmp(insn->row->name, start, strlen(start)) == 0;
}

static bool has_letter(const struct decode_insn *insn, char letter)
{
    const char *end = strchr(insn->row->pattern, ';');
    const char *at = strchr(insn->row->pattern, letter);
    return at && (!end || at < end);
}

/* Lists that might reach past the last register. */
static bool bad_extension_list(const struct decode_insn *insn)
{
    if (arm_field(insn, 'n') == 15) {
        return true;
    }
    if (is_named(insn, "vldn")) {
        return arm_field(insn, 'd') > 24;
    }
    uint32_t count = arm_field(insn, 'i');
    if (is_named(insn, "vldm") || is_named(insn, "vstm")) {
        return !count || count > 16 || arm_field(insn, 'd') > 7;
    }
    return false;
}

/* Whether an instruction leaves a constant in the register. */
static bool sets_constant(const struct decode_insn *insn, unsigned reg)
{
    handler_fn *handler = insn->row->handler;
    return (handler == arm_tr_dp_imm || handler == arm_tr_movw || handler == arm_tr_movt) &&
           rules_written(insn) >> reg & 1;
}

const char *rules_known(const struct decode_insn *insn, const struct decode_insn *previous,
                        const struct cpu_state *before)
{
    enum { ROUNDING = 3 << 22, TO_FIXED = 1 << 18 };
    if (is_named(insn, "vcvt (fixed)") && !(insn->bits & TO_FIXED) && before->fpscr & ROUNDING) {
        return "rounds by FPSCR where A8.8.308 says to nearest";
    }
    if (insn->row->handler == arm_tr_strex && before->r[arm_field(insn, 'n') % 15] == UINT32_MAX) {
        return "takes an address of all ones for monitored";
    }
    if ((is_named(insn, "vdup.16 (core)") || is_named(insn, "vdup.8 (core)")) && previous &&
        sets_constant(previous, arm_field(insn, 't'))) {
        return "may duplicate a constant to the lowest lane only";
    }
    return NULL;
}

static bool bad_extension(const struct decode_insn *insn)
{
    if (is_extension_memory(insn->row)) {
        return bad_extension_list(insn);
    }
    if (is_named(insn, "vmrs") || is_named(insn, "vmsr")) {
        return arm_field(insn, 'r') != 1 || (arm_field(insn, 't') == 15 && is_named(insn, "vmsr"));
    }
    if (is_named(insn, "vtrn") || is_named(insn, "vzip") || is_named(insn, "vuzp")) {
        return (insn->bits >> 12 & 15) == (insn->bits & 15) &&
               (insn->bits >> 22 & 1) == (insn->bits >> 5 & 1);
    }
    if (is_named(insn, "vcvt (fixed)")) {
        return !arm_field(insn, 'x') && arm_field(insn, 'i') >= 8;
    }
    bool core = (is_named(insn, "vmov") || is_named(insn, "vdup")) && has_letter(insn, 't');
    if (!core) {
        return false;
    }
    unsigned t = arm_field(insn, 't'), h = arm_field(insn, 'h');
    bool single_pair = is_named(insn, "vmov (to s, s") || is_named(insn, "vmov (from s, s");
    return t == 15 || (has_letter(insn, 'h') && (h == 15 || h == t)) ||
           (single_pair && arm_field(insn, 'm') == 15);
}

bool rules_unpredictable(const struct decode_insn *insn, bool thumb, unsigned length)
{
    const struct rule *rule = find(insn->row);
    handler_fn *handler = insn->row->handler;
    for (const char *p = rule ? rule->not_pc : ""; *p; p++) {
        if (arm_field(insn, *p) == 15) {
            return true;
        }
    }
    if (insn->row->name[0] == 'v') {
        return bad_extension(insn);
    }
    if (handler == arm_tr_ldst_imm || handler == arm_tr_ldst_reg) {
        return bad_single(insn, thumb);
    }
    if (handler == arm_tr_ldst_literal) {
        return arm_field(insn, 'n') != 15;
    }
    if (handler == arm_tr_ldrd_imm || handler == arm_tr_ldrd_reg) {
        return bad_pair(insn, thumb);
    }
    if (handler == arm_tr_ldm || handler == arm_tr_stm) {
        return bad_list(insn, thumb, length);
    }
    if (handler == arm_tr_ldrex || handler == arm_tr_strex) {
        return bad_exclusive(insn, thumb);
    }
    if (handler == arm_tr_dp_imm || handler == arm_tr_dp_reg) {
        return bad_data_processing(insn, thumb, length);
    }
    if (handler == arm_tr_swp) {
        return arm_field(insn, 'n') == arm_field(insn, 't') ||
               arm_field(insn, 'n') == arm_field(insn, 'm');
    }
    if (handler == arm_tr_mull || handler == arm_tr_umaal || handler == arm_tr_smlalxy ||
        handler == arm_tr_smlald) {
        return arm_field(insn, 'h') == arm_field(insn, 'l');
    }
    if (handler == arm_tr_smlaxy || handler == arm_tr_smlawy) {
        return !thumb && arm_field(insn, 'a') == 15 && !strstr(insn->row->pattern, "a=15");
    }
    if (handler == arm_tr_smmla) {
        return insn->row->arg & ARM_MUL_SUB && arm_field(insn, 'a') == 15;
    }
    if (handler == arm_tr_sat) {
        return thumb && arm_field(insn, 'y') && !arm_field(insn, 'h');
    }
    if (handler == arm_tr_bfx) {
        return arm_field(insn, 'l') + arm_field(insn, 'w') > 31;
    }
    if (handler == arm_tr_bfi) {
        return arm_field(insn, 'e') < arm_field(insn, 'l');
    }
    if (handler == arm_tr_bkpt) {
        return !thumb && insn->bits >> 28 != 14;
    }
    if (handler == arm_tr_b_t32_cond || handler == arm_tr_b_t16_cond) {
        return arm_field(insn, 'c') >= 14;
    }
    if (handler == arm_tr_msr_reg || handler == arm_tr_msr_imm) {
        return arm_field(insn, 'r') || !arm_field(insn, 'k') || arm_field(insn, 'k') & 3;
    }
    return false;
}
