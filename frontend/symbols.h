/* Names of guest functions, from ELF files and from lists as System.map, /proc/kallsyms and nm have
 * them. */
#ifndef FRONTEND_SYMBOLS_H
#define FRONTEND_SYMBOLS_H

#include "core/machine/machine.h"
#include "frontend/message.h"

struct symbols;

struct symbols *symbols_create(void);
void symbols_destroy(struct symbols *symbols);

/* Adds those of "FILE[@ADDRESS]": ADDRESS is added to each of the file's. The file is told by what
 * it begins with. */
bool symbols_add_file(struct symbols *symbols, const char *text, struct message *message);
/* Adds those of what is in memory; an ELF file without a symbol table has none. Names are copied.
 * False if it is damaged. */
bool symbols_add(struct symbols *symbols, const struct machine_blob *blob, uint64_t base,
                 struct message *message);

/* The function that `pc` is in, NULL if none is known. */
const char *symbols_find(struct symbols *symbols, uint64_t pc);

#endif
