/* Names of guest functions: lists, ELF files, and both cut and damaged. */
#include "frontend/symbols.h"

#include "tests/support/temp.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { ROUNDS = 4000 };

static struct message message;

static const char list[] = "c0008000 T stext\n"
                           "c0008100 t second\n"
                           "c0008200 D data\n"
                           "c0008300 W weak\n"
                           "bf000000 t module_function\t[module]\n";

static bool add_text(struct symbols *symbols, const char *text, size_t size)
{
    struct machine_blob blob = {(uint8_t *)(uintptr_t)text, size, "list"};
    return symbols_add(symbols, &blob, 0, &message);
}

static void lists_are_read(void **state)
{
    struct symbols *symbols = symbols_create();
    assert_true(add_text(symbols, list, sizeof(list) - 1));
    assert_string_equal(symbols_find(symbols, 0xc0008000), "stext");
    assert_string_equal(symbols_find(symbols, 0xc00080ff), "stext");
    assert_string_equal(symbols_find(symbols, 0xc0008101), "second");
    assert_string_equal(symbols_find(symbols, 0xc0008200), "second"); /* data is no function */
    assert_string_equal(symbols_find(symbols, 0xc0008300), "weak");
    assert_string_equal(symbols_find(symbols, 0xbf000010), "module_function");
    assert_null(symbols_find(symbols, 0xbeffffff));
    assert_null(symbols_find(symbols, 0xc8000000)); /* too far from the last one */
    symbols_destroy(symbols);
}

static void what_is_no_list_is_refused(void **state)
{
    struct symbols *symbols = symbols_create();
    static const char text[] = "Dear reader,\nc0008000 T stext\nthis is no list.\n";
    assert_false(add_text(symbols, text, sizeof(text) - 1));
    assert_int_equal(message.status, EXIT_STATUS_IMAGE);
    assert_false(add_text(symbols, "\0\0\0", 3));
    symbols_destroy(symbols);
}

/* A little-endian ELF file: header, symbols, names, three sections. */
struct file {
    Elf32_Ehdr header;
    Elf32_Sym symbols[5];
    char names[40];
    Elf32_Shdr sections[3];
};

static void make_elf(struct file *file)
{
    memset(file, 0, sizeof(*file));
    memcpy(file->header.e_ident, ELFMAG, SELFMAG);
    file->header.e_ident[EI_CLASS] = ELFCLASS32;
    file->header.e_ident[EI_DATA] = ELFDATA2LSB;
    file->header.e_shoff = offsetof(struct file, sections);
    file->header.e_shentsize = sizeof(Elf32_Shdr);
    file->header.e_shnum = 3;
    memcpy(file->names, "\0first\0second\0$a\0object", 24);
    file->symbols[1] = (Elf32_Sym){
        .st_name = 1, .st_value = 0x1001, .st_size = 0x20, .st_info = STT_FUNC, .st_shndx = 1};
    file->symbols[2] = (Elf32_Sym){
        .st_name = 7, .st_value = 0x2000, .st_size = 0, .st_info = STT_NOTYPE, .st_shndx = 1};
    file->symbols[3] =
        (Elf32_Sym){.st_name = 14, .st_value = 0x2010, .st_info = STT_NOTYPE, .st_shndx = 1};
    file->symbols[4] =
        (Elf32_Sym){.st_name = 17, .st_value = 0x2020, .st_info = STT_OBJECT, .st_shndx = 1};
    file->sections[1] = (Elf32_Shdr){.sh_type = SHT_SYMTAB,
                                     .sh_offset = offsetof(struct file, symbols),
                                     .sh_size = sizeof(file->symbols),
                                     .sh_link = 2};
    file->sections[2] = (Elf32_Shdr){.sh_type = SHT_STRTAB,
                                     .sh_offset = offsetof(struct file, names),
                                     .sh_size = sizeof(file->names)};
}

static void elf_files_are_read(void **state)
{
    struct file file;
    make_elf(&file);
    struct machine_blob blob = {(uint8_t *)&file, sizeof(file), "elf"};
    struct symbols *symbols = symbols_create();
    assert_true(symbols_add(symbols, &blob, 0x10000, &message));
    assert_null(symbols_find(symbols, 0x10ffd));
    assert_string_equal(symbols_find(symbols, 0x11001), "first"); /* Thumb: bit 0 as in the pc */
    assert_null(symbols_find(symbols, 0x11021));
    assert_string_equal(symbols_find(symbols, 0x12030), "second");
    file.sections[1].sh_link = 7;
    assert_false(symbols_add(symbols, &blob, 0, &message));
    assert_int_equal(message.status, EXIT_STATUS_IMAGE);
    symbols_destroy(symbols);
}

/* Whatever is in a file: an answer, and no access beyond its end (of a block of
 * exactly its size). */
static void damaged_files_do_no_harm(void **state)
{
    uint32_t random = 1;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct file file;
        make_elf(&file);
        bool elf = round & 1;
        size_t size = elf ? sizeof(file) : sizeof(list) - 1;
        for (unsigned changes = round >> 1 & 7; changes; changes--) {
            random = random * 1664525 + 1013904223;
            size_t at = (random >> 8) % sizeof(file);
            ((uint8_t *)&file)[at] = (uint8_t)(random >> 3);
        }
        random = random * 1664525 + 1013904223;
        size = round & 16 ? size : (random >> 8) % size + 1;
        uint8_t *exact = malloc(size);
        memcpy(exact, elf ? (const char *)&file : list, size);
        if (!elf && round & 32) {
            exact[(random >> 4) % size] = (uint8_t)random;
        }
        struct machine_blob blob = {exact, size, "damaged"};
        struct symbols *symbols = symbols_create();
        symbols_add(symbols, &blob, 0, &message);
        symbols_find(symbols, random);
        symbols_destroy(symbols);
        free(exact);
    }
}

static void files_have_bases(void **state)
{
    char name[TEMP_PATH], text[TEMP_PATH + 8];
    int fd = mkstemp(temp_template(name));
    assert_int_equal(write(fd, list, sizeof(list) - 1), sizeof(list) - 1);
    close(fd);
    struct symbols *symbols = symbols_create();
    snprintf(text, sizeof(text), "%s@1000", name);
    assert_true(symbols_add_file(symbols, text, &message));
    assert_string_equal(symbols_find(symbols, 0xc0009000), "stext");
    snprintf(text, sizeof(text), "%s@", name);
    assert_false(symbols_add_file(symbols, text, &message));
    assert_int_equal(message.status, EXIT_STATUS_USAGE);
    assert_false(symbols_add_file(symbols, "/nonexistent/file", &message));
    assert_int_equal(message.status, EXIT_STATUS_IMAGE);
    symbols_destroy(symbols);
    unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),     cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(elf_files_are_read), cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(files_have_bases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
