/* Where tests make files. */
#ifndef TESTS_SUPPORT_TEMP_H
#define TESTS_SUPPORT_TEMP_H

#include <stdio.h>
#include <stdlib.h>

enum { TEMP_PATH = 128 };

/* A name in $TMPDIR, else in /tmp, for mkstemp() or mkdtemp(), which refuses one that was too long
 * and is cut off. */
static inline char *temp_template(char path[TEMP_PATH])
{
    const char *directory = getenv("TMPDIR");
    snprintf(path, TEMP_PATH, "%s/ibird-test-XXXXXX", directory && *directory ? directory : "/tmp");
    return path;
}

#endif
