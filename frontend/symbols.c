#include "frontend/symbols.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "frontend/load.h"
#include "frontend/load_bytes.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_FILE = 1 << 30,
    NO_SIZE_REACH = 1 << 20, /* how far a function may go that nobody gives a size */
};

struct symbol {
    uint64_t address, size; /* size 0: up to the next one */
    char *name;
};

struct symbols {
    struct symbol *items;
    size_t count, cap;
    bool sorted;
};

struct symbols *symbols_create(void)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));
    CHECK(symbols);
    return symbols;
}

void symbols_destroy(struct symbols *symbols)
{
    for (size_t i = 0; symbols && i < symbols->count; i++) {
        free(symbols->items[i].name);
    }
    free(symbols ? symbols->items : NULL);
    free(symbols);
}

static void add(struct symbols *symbols, uint64_t address, uint64_t size, const char *name,
                size_t length)
{
    if (symbols->count == symbols->cap) {
        symbols->cap = symbols->cap ? symbols->cap * 2 : 1024;
        symbols->items = mem_resize(symbols->items, symbols->cap * sizeof(*symbols->items));
    }
    char *copy = strndup(name, length);
    CHECK(copy);
    symbols->items[symbols->count++] = (struct symbol){address, size, copy};
    symbols->sorted = false;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* "c0008000 T stext" and perhaps a module's name: functions have the type T or W,
 * in either case. */
static bool add_line(struct symbols *symbols, const char *line, const char *end, uint64_t base)
{
    char *after;
    uint64_t address = strtoull(line, &after, 16);
    if (after == line || end - after < 4 || after[0] != ' ' || after[2] != ' ') {
        return false;
    }
    const char *name = after + 3;
    size_t length = strcspn(name, " \t\r\n");
    if (strchr("tTwW", after[1]) && length && name[0] != '$') {
        add(symbols, address + base, 0, name, length);
    }
    return true;
}

static bool add_list(struct symbols *symbols, const struct machine_blob *blob, uint64_t base,
                     struct message *message)
{
    char *text = mem_resize(NULL, blob->size + 1);
    memcpy(text, blob->data, blob->size);
    text[blob->size] = 0; /* strtoull() must end */
    size_t lines = 0, good = 0;
    for (const char *line = text; *line;) {
        const char *end = line + strcspn(line, "\n");
        good += add_line(symbols, line, end, base);
        lines++;
        line = end + (*end == '\n');
    }
    free(text);
    return (good && good * 2 >= lines) ||
           message_image(
               message,
               "%s is neither an ELF file nor a list of symbols. Try: the System.map of the "
               "guest's kernel, or what its /proc/kallsyms holds",
               blob->name);
}

/* ---- ELF ------------------------------------------------------------------------------------- */
/* ELF32 of either endianness (System V ABI, chapter 4). */
struct elf {
    const struct machine_blob *blob;
    bool big;
    uint64_t sections, section_step, section_count;
};

static uint32_t word(const struct elf *elf, uint64_t at)
{
    return load_word(elf->blob->data + at, elf->big);
}

static uint16_t half(const struct elf *elf, uint64_t at)
{
    return load_half(elf->blob->data + at, elf->big);
}

/* Contents of a section; false if they are not in the file. */
static bool section(const struct elf *elf, uint64_t number, uint64_t *offset, uint64_t *size)
{
    if (number >= elf->section_count) {
        return false;
    }
    uint64_t at = elf->sections + number * elf->section_step;
    *offset = word(elf, at + offsetof(Elf32_Shdr, sh_offset));
    *size = word(elf, at + offsetof(Elf32_Shdr, sh_size));
    return *offset <= elf->blob->size && *size <= elf->blob->size - *offset;
}

static void add_elf_symbol(struct symbols *symbols, const struct elf *elf, uint64_t at,
                           const char *names, uint64_t names_size, uint64_t base)
{
    unsigned type = elf->blob->data[at + offsetof(Elf32_Sym, st_info)] & 15;
    uint32_t name = word(elf, at);
    if ((type != STT_FUNC && type != STT_NOTYPE) ||
        !half(elf, at + offsetof(Elf32_Sym, st_shndx)) || name >= names_size) {
        return;
    }
    size_t length = strnlen(names + name, names_size - name);
    if (length && names[name] != '$') { /* $a, $t, $d: mapping symbols of the ARM ELF ABI */
        add(symbols, word(elf, at + offsetof(Elf32_Sym, st_value)) + base,
            word(elf, at + offsetof(Elf32_Sym, st_size)), names + name, length);
    }
}

/* The symbols of one table, if it is sound; false if not. */
static bool add_elf_table(struct symbols *symbols, const struct elf *elf, uint64_t number,
                          uint64_t base)
{
    uint64_t offset, size, names, names_size;
    uint32_t link =
        word(elf, elf->sections + number * elf->section_step + offsetof(Elf32_Shdr, sh_link));
    if (!section(elf, number, &offset, &size) || !section(elf, link, &names, &names_size)) {
        return false;
    }
    for (uint64_t at = offset; at + sizeof(Elf32_Sym) <= offset + size; at += sizeof(Elf32_Sym)) {
        add_elf_symbol(symbols, elf, at, (const char *)elf->blob->data + names, names_size, base);
    }
    return true;
}

static bool add_elf(struct symbols *symbols, const struct machine_blob *blob, uint64_t base,
                    struct message *message)
{
    struct elf elf = {.blob = blob, .big = blob->data[EI_DATA] == ELFDATA2MSB};
    if (blob->size < sizeof(Elf32_Ehdr) || blob->data[EI_CLASS] != ELFCLASS32) {
        return message_image(message, "%s is no whole ELF file for a CPU of 32 bits", blob->name);
    }
    elf.sections = word(&elf, offsetof(Elf32_Ehdr, e_shoff));
    elf.section_step = half(&elf, offsetof(Elf32_Ehdr, e_shentsize));
    elf.section_count = elf.sections ? half(&elf, offsetof(Elf32_Ehdr, e_shnum)) : 0;
    bool ok =
        !elf.section_count || (elf.section_step >= sizeof(Elf32_Shdr) &&
                               elf.sections + elf.section_step * elf.section_count <= blob->size);
    for (uint64_t i = 0; ok && i < elf.section_count; i++) {
        uint32_t type =
            word(&elf, elf.sections + i * elf.section_step + offsetof(Elf32_Shdr, sh_type));
        if (type == SHT_SYMTAB || type == SHT_DYNSYM) {
            ok = add_elf_table(symbols, &elf, i, base);
        }
    }
    return ok || message_image(message, "%s is cut off or damaged: its ELF sections are not whole",
                               blob->name);
}

/* ---- all ------------------------------------------------------------------------------------- */

bool symbols_add(struct symbols *symbols, const struct machine_blob *blob, uint64_t base,
                 struct message *message)
{
    bool elf = blob->size > EI_DATA && memcmp(blob->data, ELFMAG, SELFMAG) == 0;
    return elf ? add_elf(symbols, blob, base, message) : add_list(symbols, blob, base, message);
}

bool symbols_add_file(struct symbols *symbols, const char *text, struct message *message)
{
    uint64_t base = 0;
    const char *at = strrchr(text, '@');
    if (at) {
        char *end;
        errno = 0;
        base = strtoull(at + 1, &end, 16);
        if (end == at + 1 || *end || errno) {
            return message_usage(
                message, "--symbols %.200s: what follows @ is no address. Try: FILE@0x400000",
                text);
        }
    }
    char *name = strndup(text, at ? (size_t)(at - text) : strlen(text));
    CHECK(name);
    struct machine_blob blob = {0};
    bool ok = load_file(&blob, name, "file of symbols", MAX_FILE, message) &&
              symbols_add(symbols, &blob, base, message);
    load_free(&blob);
    free(name);
    return ok;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *one = a, *two = b;
    if (one->address != two->address) {
        return one->address < two->address ? -1 : 1;
    }
    return strcmp(one->name, two->name);
}

const char *symbols_find(struct symbols *symbols, uint64_t pc)
{
    if (!symbols->sorted) {
        qsort(symbols->items, symbols->count, sizeof(*symbols->items), by_address);
        symbols->sorted = true;
    }
    size_t first = 0, end = symbols->count;
    while (first < end) {
        size_t mid = (first + end) / 2;
        if (symbols->items[mid].address <= pc) {
            first = mid + 1;
        } else {
            end = mid;
        }
    }
    if (!first) {
        return NULL;
    }
    const struct symbol *symbol = &symbols->items[first - 1];
    uint64_t reach = symbol->size ? symbol->size : NO_SIZE_REACH;
    return pc - symbol->address < reach ? symbol->name : NULL;
}
