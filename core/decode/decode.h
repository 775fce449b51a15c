/* The shared instruction matcher. An encoding is a row: a bit string whose letters are the fields:
 *
 *     "cccc 0010 100s nnnn dddd rrrr iiiiiiii"
 *
 * 0 and 1 are fixed bits, '-' is ignored, letters name fields (equal letters form one field, most
 * significant first, even if they are not adjacent), blanks are for reading. Rows of one table have
 * one width: 16 or 32 bits.
 *
 * After a ';' follow settings that make rows of different encodings compatible, done in order:
 *
 *     n=d     field n is a copy of field d        s=1     field s is the number 1
 *     i<<2    field i is shifted left             d+8     the number is added to field d
 *
 * e.g. "0011 0ddd iiiiiiii; n=d s=2".
 *
 * The matcher picks the row with the most fixed bits among those that match; two matching rows of
 * which neither's fixed bits contain the other's are an ambiguity that decode_table_create()
 * reports. */
#ifndef CORE_DECODE_DECODE_H
#define CORE_DECODE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fields of one decoded instruction, by letter: a-z and A-Z. Letters that the row lacks are 0. */
struct decode_insn {
    uint32_t bits;
    const struct decode_row *row;
    uint32_t field[64];
};
#define DECODE_FIELD(insn, letter) ((insn)->field[(letter)&63])

struct decode_row {
    const char *name; /* mnemonic and form, for logs and tests: "add (imm)" */
    const char *pattern;
    uint32_t features; /* all of these target feature bits are needed */
    /* The target's; `translation` is a struct of its own. */
    void (*handler)(void *translation, const struct decode_insn *insn);
    uint32_t arg;   /* the handler's own: what rows that share it differ in */
    uint32_t flags; /* the target's own: properties of the instruction */
};

struct decode_table;

/* Builds the index; the rows are copied, what they point to is not. NULL with a message naming both
 * rows if two overlap ambiguously or a pattern is bad. */
struct decode_table *decode_table_create(const struct decode_row *rows, unsigned count,
                                         unsigned width, char *message, size_t message_size);
void decode_table_destroy(struct decode_table *table);

/* The table's copy of the rows, for tests and generators: row n with its fixed bits. NULL past the
 * last one. */
const struct decode_row *decode_table_row(const struct decode_table *table, unsigned n,
                                          uint32_t *mask, uint32_t *value);

/* Finds the row for `bits` among those whose features are all in `features`; NULL if none
 * (undefined instruction). Fast: a handful of row tests at most. */
const struct decode_row *decode_find(const struct decode_table *table, uint32_t bits,
                                     uint32_t features);
/* decode_find() and extraction of the fields. */
bool decode_insn(const struct decode_table *table, uint32_t bits, uint32_t features,
                 struct decode_insn *insn);

#endif
