/* Texts that are compared with a file of the ones that are right. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline char *golden_read(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = NULL;
    size_t size = 0;
    assert_true(getdelim(&text, &size, 0, file) > 0);
    fclose(file);
    return text;
}

/* The file has what print() prints for 0 .. count - 1, one behind the other; each begins with a
 * line
 * "==== NAME". With UPDATE_GOLDEN in the environment it is written instead. */
static inline void golden_check(const char *path, unsigned count,
                                void (*print)(void *opaque, unsigned n, FILE *out), void *opaque)
{
    FILE *update = getenv("UPDATE_GOLDEN") ? fopen(path, "w") : NULL;
    char *golden = update ? NULL : golden_read(path);
    const char *at = golden;
    for (unsigned n = 0; n < count; n++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        print(opaque, n, out);
        fclose(out);
        if (update) {
            fputs(text, update);
        } else if (strncmp(at, text, strlen(text)) != 0) {
            const char *end = strstr(at + 1, "====");
            print_message("expected:\n%.*s", end ? (int)(end - at) : 10000, at);
            fail_msg("is:\n%s", text);
        } else {
            at += strlen(text);
        }
        free(text);
    }
    if (update) {
        fclose(update);
    } else {
        assert_int_equal(*at, 0);
    }
    free(golden);
}

#endif
