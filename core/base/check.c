#include "core/base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "ibird: internal error at %s:%d: %s\nThis is a bug in Indigobird.\n", file,
            line, what);
    abort();
}
