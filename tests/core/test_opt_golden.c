/* Passes on small regions: tests/core/opt/<file>.txt holds cases of the form
 *
 *     == what the case shows: pass pass ...
 *     IR before
 *     --
 *     IR after
 *
 * in the text form of core/ir/print.c. Text without a block line is one block that is not an entry,
 * ended by a leave if it has no end. Values are compared by what they are, not by their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/opt/opt.h"
#include "tests/support/fake_guest.h"
#include "tests/support/ir_text.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 8192, MAX_LINE = 512 };

struct text_case {
    char name[MAX_LINE];
    char passes[MAX_LINE];
    char before[MAX_TEXT], after[MAX_TEXT];
};

static void complete(char *text)
{
    char whole[MAX_TEXT + 64];
    bool has_block = strncmp(text, "block", 5) == 0;
    static const char *const ends[] = {" jump ", " branch ", " goto ", " gotoi ", " leave\n"};
    bool has_end = false;
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        has_end |= strstr(text, ends[i]) != NULL;
    }
    snprintf(whole, sizeof(whole), "%s%s%s", has_block ? "" : "block 0 pc 0\n", text,
             has_end ? "" : "  leave\n");
    assert_true(strlen(whole) < MAX_TEXT);
    strcpy(text, whole);
}

/* Reads the next case; `line` holds its first line, and that of the one after it afterwards. */
static bool read_case(FILE *file, char line[MAX_LINE], struct text_case *c)
{
    if (strncmp(line, "== ", 3) != 0) {
        return false;
    }
    memset(c, 0, sizeof(*c));
    assert_int_equal(sscanf(line, "== %[^:]: %[^\n]", c->name, c->passes), 2);
    char *part = c->before;
    while (fgets(line, MAX_LINE, file) != NULL && strncmp(line, "== ", 3) != 0) {
        if (strcmp(line, "--\n") == 0) {
            part = c->after;
        } else if (line[0] != '\n' && line[0] != ';') {
            strncat(part, line, MAX_TEXT - strlen(part) - 1);
        }
    }
    if (feof(file)) {
        line[0] = '\0';
    }
    complete(c->before);
    complete(c->after);
    return true;
}

static void run_pass(struct ir_region *r, const char *name)
{
    for (unsigned i = 0; i < opt_pipeline_count; i++) {
        if (strcmp(opt_pipeline[i].name, name) == 0) {
            opt_pipeline[i].run(r, &fake_guest_ops);
            return;
        }
    }
    fail_msg("no pass is named %s", name);
}

static unsigned check_case(struct text_case *c)
{
    struct ir_region r;
    ir_region_init(&r);
    ir_text_read(&r, c->before);
    char *position, *pass = strtok_r(c->passes, " ", &position);
    for (; pass != NULL; pass = strtok_r(NULL, " ", &position)) {
        run_pass(&r, pass);
    }
    char *actual = ir_text_write(&r);
    ir_text_read(&r, c->after);
    char *expected = ir_text_write(&r);
    unsigned different = strcmp(actual, expected) != 0;
    if (different) {
        fprintf(stderr, "%s: expected\n%sgot\n%s\n", c->name, expected, actual);
    }
    free(actual);
    free(expected);
    ir_region_free(&r);
    return different;
}

static void check_file(void **state)
{
    char path[MAX_LINE], line[MAX_LINE] = "";
    static struct text_case c;
    unsigned cases = 0, different = 0;
    snprintf(path, sizeof(path), "%s/opt/%s.txt", TEST_DATA, (const char *)*state);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (strncmp(line, "== ", 3) != 0) {
        assert_non_null(fgets(line, sizeof(line), file));
    }
    while (read_case(file, line, &c)) {
        cases++;
        different += check_case(&c);
    }
    fclose(file);
    assert_true(cases > 0);
    assert_int_equal(different, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(check_file, "flow"),
        cmocka_unit_test_prestate(check_file, "slots"),
        cmocka_unit_test_prestate(check_file, "fold_arith"),
        cmocka_unit_test_prestate(check_file, "fold_logic"),
        cmocka_unit_test_prestate(check_file, "fold_shift"),
        cmocka_unit_test_prestate(check_file, "fold_compare"),
        cmocka_unit_test_prestate(check_file, "fold_effects"),
        cmocka_unit_test_prestate(check_file, "cse"),
        cmocka_unit_test_prestate(check_file, "sink"),
        cmocka_unit_test_prestate(check_file, "dead"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
