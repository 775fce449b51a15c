#include "core/decode/decode.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_STEPS = 24,     /* field pieces and settings of one row */
    LEAF_ROWS = 3,      /* lists this short are not split further */
    MAX_SPLIT_BITS = 8, /* a node looks at so many adjacent bits at most */
};

/* One step in making the fields: a run of bits shifted into a field, or a setting after ';'. */
enum step_kind { STEP_BITS, STEP_COPY, STEP_NUMBER, STEP_SHIFT, STEP_ADD };

struct step {
    uint8_t kind;
    uint8_t field;
    uint8_t lsb; /* BITS: of the run; COPY: source field */
    uint8_t len;
    uint32_t number; /* NUMBER, SHIFT, ADD */
};

/* A row and what its pattern means. */
struct compiled {
    uint32_t mask, value;
    uint8_t step_count;
    struct step steps[MAX_STEPS];
};

/* The index is a tree: a node selects by adjacent bits of the word, a leaf is a list of rows, most
 * fixed bits first. */
struct node {
    uint8_t shift, bits; /* bits 0: a leaf */
    uint16_t count;      /* leaf: rows */
    uint32_t first;      /* node: first child; leaf: first of its entries in `lists` */
};

/* One row of a leaf, with all that its test needs. */
struct candidate {
    uint32_t mask, value, features, row;
};

struct decode_table {
    struct decode_row *rows;
    struct compiled *compiled;
    unsigned count, width;
    struct node *nodes;
    unsigned node_count, node_cap;
    struct candidate *lists;
    unsigned list_count, list_cap;
};

/* ---- patterns -------------------------------------------------------------------------------- */

static bool fail(char *message, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(char *message, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, size, format, args);
    va_end(args);
    return false;
}

static bool step_add(struct compiled *c, struct step step)
{
    if (c->step_count == MAX_STEPS) {
        return false;
    }
    c->steps[c->step_count++] = step;
    return true;
}

/* The part before ';': fixed bits and runs of letters. Returns where it stopped, NULL on error. */
static const char *parse_bits(struct compiled *c, const char *p, unsigned width)
{
    unsigned lsb = width;
    char run = 0; /* letter of the run that is being gathered */
    for (; *p && *p != ';'; p++) {
        if (*p == ' ') {
            continue;
        }
        if (lsb == 0) {
            return NULL;
        }
        lsb--;
        if (isalpha((unsigned char)*p)) {
            if (*p == run) {
                struct step *last = &c->steps[c->step_count - 1];
                last->len++;
                last->lsb--;
            } else if (!step_add(c, (struct step){STEP_BITS, *p & 63, lsb, 1, 0})) {
                return NULL;
            }
            run = *p;
            continue;
        }
        run = 0;
        if (*p == '0' || *p == '1') {
            c->mask |= UINT32_C(1) << lsb;
            c->value |= (uint32_t)(*p - '0') << lsb;
        } else if (*p != '-') {
            return NULL;
        }
    }
    return lsb == 0 ? p : NULL;
}

/* The settings after ';': "n=d s=1 i<<2 d+8". */
static bool parse_settings(struct compiled *c, const char *p)
{
    for (;;) {
        while (*p == ' ') {
            p++;
        }
        if (!*p) {
            return true;
        }
        struct step step = {.field = *p & 63};
        if (!isalpha((unsigned char)*p++)) {
            return false;
        }
        if (*p == '=' && isalpha((unsigned char)p[1])) {
            step.kind = STEP_COPY;
            step.lsb = p[1] & 63;
            p += 2;
        } else {
            step.kind = *p == '=' ? STEP_NUMBER : *p == '+' ? STEP_ADD : STEP_SHIFT;
            if (step.kind == STEP_SHIFT && (*p++ != '<' || *p != '<')) {
                return false;
            }
            char *end;
            step.number = strtoul(p + 1, &end, 0);
            if (end == p + 1) {
                return false;
            }
            p = end;
        }
        if (!step_add(c, step)) {
            return false;
        }
    }
}

static bool parse_pattern(struct compiled *c, const char *pattern, unsigned width)
{
    const char *rest = parse_bits(c, pattern, width);
    return rest && (*rest == 0 || parse_settings(c, rest + 1));
}

/* Two rows that match a common word need one to be a special case of the other. */
static bool check_ambiguity(const struct decode_table *t, char *message, size_t size)
{
    for (unsigned i = 0; i < t->count; i++) {
        const struct compiled *a = &t->compiled[i];
        for (unsigned j = 0; j < i; j++) {
            const struct compiled *b = &t->compiled[j];
            if ((a->value ^ b->value) & a->mask & b->mask) {
                continue;
            }
            uint32_t both = a->mask & b->mask;
            if (a->mask != b->mask && (both == a->mask || both == b->mask)) {
                continue;
            }
            return fail(message, size, "\"%s\" (%s) and \"%s\" (%s) are ambiguous", t->rows[j].name,
                        t->rows[j].pattern, t->rows[i].name, t->rows[i].pattern);
        }
    }
    return true;
}

/* ---- index ----------------------------------------------------------------------------------- */

static unsigned node_reserve(struct decode_table *t, unsigned count)
{
    unsigned first = t->node_count;
    t->node_count += count;
    if (t->node_count > t->node_cap) {
        t->node_cap = t->node_count * 2;
        t->nodes = mem_resize(t->nodes, t->node_cap * sizeof *t->nodes);
    }
    return first;
}

static bool row_fits(const struct compiled *c, unsigned shift, unsigned bits, uint32_t choice)
{
    uint32_t mask = c->mask >> shift & ((1u << bits) - 1);
    return ((c->value >> shift ^ choice) & mask) == 0;
}

/* Rows that a word has to be tested against on average, times 2^bits, if the node looks at these
 * bits. */
static unsigned split_cost(const struct decode_table *t, const uint16_t *rows, unsigned count,
                           unsigned shift, unsigned bits)
{
    unsigned cost = 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t mask = t->compiled[rows[i]].mask >> shift & ((1u << bits) - 1);
        cost += 1u << (bits - (unsigned)__builtin_popcount(mask));
    }
    return cost;
}

/* Chooses the bits that leave the shortest lists. A wider look must pay: each further bit has to
 * shorten them by an eighth. Returns false if no look shortens them. */
static bool choose_split(const struct decode_table *t, const uint16_t *rows, unsigned count,
                         unsigned *best_shift, unsigned *best_bits)
{
    double best = count;
    *best_bits = 0;
    for (unsigned bits = 1; bits <= MAX_SPLIT_BITS; bits++) {
        for (unsigned shift = 0; shift + bits <= t->width; shift++) {
            double cost = (double)split_cost(t, rows, count, shift, bits) / (1u << bits);
            if (cost < best * (bits > *best_bits && *best_bits ? 0.875 : 0.999)) {
                best = cost;
                *best_shift = shift;
                *best_bits = bits;
            }
        }
    }
    return *best_bits != 0;
}

static void make_leaf(struct decode_table *t, unsigned node, const uint16_t *rows, unsigned count)
{
    if (t->list_count + count > t->list_cap) {
        t->list_cap = (t->list_count + count) * 2;
        t->lists = mem_resize(t->lists, t->list_cap * sizeof *t->lists);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct compiled *c = &t->compiled[rows[i]];
        t->lists[t->list_count + i] =
            (struct candidate){c->mask, c->value, t->rows[rows[i]].features, rows[i]};
    }
    t->nodes[node] = (struct node){.count = count, .first = t->list_count};
    t->list_count += count;
}

/* `rows` are in order of falling number of fixed bits, and so are all sub-lists. */
static void make_node(struct decode_table *t, unsigned node, const uint16_t *rows, unsigned count)
{
    unsigned shift = 0, bits = 0;
    if (count <= LEAF_ROWS || !choose_split(t, rows, count, &shift, &bits)) {
        make_leaf(t, node, rows, count);
        return;
    }
    unsigned first = node_reserve(t, 1u << bits);
    t->nodes[node] = (struct node){.shift = shift, .bits = bits, .first = first};
    uint16_t *sub = mem_resize(NULL, count * sizeof *sub);
    for (uint32_t choice = 0; choice < 1u << bits; choice++) {
        unsigned n = 0;
        for (unsigned i = 0; i < count; i++) {
            if (row_fits(&t->compiled[rows[i]], shift, bits, choice)) {
                sub[n++] = rows[i];
            }
        }
        /* The same rows again (nothing fixed in these bits): looking once more cannot help. */
        if (n == count) {
            make_leaf(t, first + choice, sub, n);
        } else {
            make_node(t, first + choice, sub, n);
        }
    }
    free(sub);
}

static void make_index(struct decode_table *t)
{
    uint16_t *order = mem_resize(NULL, (t->count + 1) * sizeof *order);
    unsigned n = 0;
    for (int fixed = 32; fixed >= 0; fixed--) {
        for (unsigned i = 0; i < t->count; i++) {
            if (__builtin_popcount(t->compiled[i].mask) == fixed) {
                order[n++] = i;
            }
        }
    }
    unsigned root = node_reserve(t, 1);
    make_node(t, root, order, n);
    free(order);
}

/* ---- interface ------------------------------------------------------------------------------- */

struct decode_table *decode_table_create(const struct decode_row *rows, unsigned count,
                                         unsigned width, char *message, size_t message_size)
{
    CHECK(width == 16 || width == 32);
    CHECK(count < UINT16_MAX);
    struct decode_table *t = calloc(1, sizeof *t);
    CHECK(t);
    t->count = count;
    t->width = width;
    t->rows = calloc(count + 1, sizeof *t->rows);
    t->compiled = calloc(count + 1, sizeof *t->compiled);
    CHECK(t->rows && t->compiled);
    bool good = true;
    for (unsigned i = 0; i < count && good; i++) {
        t->rows[i] = rows[i];
        if (!parse_pattern(&t->compiled[i], rows[i].pattern, width)) {
            good = fail(message, message_size, "\"%s\": bad pattern \"%s\"", rows[i].name,
                        rows[i].pattern);
        }
    }
    if (!good || !check_ambiguity(t, message, message_size)) {
        decode_table_destroy(t);
        return NULL;
    }
    make_index(t);
    return t;
}

void decode_table_destroy(struct decode_table *table)
{
    if (!table) {
        return;
    }
    free(table->rows);
    free(table->compiled);
    free(table->nodes);
    free(table->lists);
    free(table);
}

const struct decode_row *decode_table_row(const struct decode_table *table, unsigned n,
                                          uint32_t *mask, uint32_t *value)
{
    if (n >= table->count) {
        return NULL;
    }
    *mask = table->compiled[n].mask;
    *value = table->compiled[n].value;
    return &table->rows[n];
}

const struct decode_row *decode_find(const struct decode_table *table, uint32_t bits,
                                     uint32_t features)
{
    const struct node *node = table->nodes;
    while (node->bits) {
        node = &table->nodes[node->first + (bits >> node->shift & ((1u << node->bits) - 1))];
    }
    const struct candidate *list = table->lists + node->first;
    for (const struct candidate *c = list; c < list + node->count; c++) {
        if ((bits & c->mask) == c->value && (c->features & ~features) == 0) {
            return &table->rows[c->row];
        }
    }
    return NULL;
}

bool decode_insn(const struct decode_table *table, uint32_t bits, uint32_t features,
                 struct decode_insn *insn)
{
    const struct decode_row *row = decode_find(table, bits, features);
    if (!row) {
        return false;
    }
    memset(insn->field, 0, sizeof insn->field);
    insn->bits = bits;
    insn->row = row;
    const struct compiled *c = &table->compiled[row - table->rows];
    for (const struct step *s = c->steps; s < c->steps + c->step_count; s++) {
        uint32_t *field = &insn->field[s->field];
        switch ((enum step_kind)s->kind) {
        case STEP_BITS:
            *field = *field << s->len | (uint32_t)bits_get(bits, s->lsb, s->len);
            break;
        case STEP_COPY:
            *field = insn->field[s->lsb];
            break;
        case STEP_NUMBER:
            *field = s->number;
            break;
        case STEP_SHIFT:
            *field <<= s->number & 31;
            break;
        case STEP_ADD:
            *field += s->number;
            break;
        }
    }
    return true;
}
