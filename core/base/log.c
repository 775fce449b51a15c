#include "core/base/log.h"

#include <stdarg.h>
#include <string.h>

static const char *const log_names[LOG_CATEGORY_COUNT] = {
#define X(id, name, help) [LOG_##id] = name,
    LOG_CATEGORIES(X)
#undef X
};

void log_write(const struct log *log, enum log_category category, const char *format, ...)
{
    if (!log_on(log, category)) {
        return;
    }
    va_list args;
    va_start(args, format);
    vfprintf(log->file, format, args);
    va_end(args);
}

bool log_parse(const char *list, uint32_t *mask, const char **bad)
{
    for (const char *name = list; *name;) {
        size_t length = strcspn(name, ",");
        uint32_t found = length == 3 && !memcmp(name, "all", 3) ? ~UINT32_C(0) : 0;
        for (unsigned i = 0; i < LOG_CATEGORY_COUNT; i++) {
            if (strlen(log_names[i]) == length && !memcmp(log_names[i], name, length)) {
                found |= UINT32_C(1) << i;
            }
        }
        if (!found) {
            *bad = name;
            return false;
        }
        *mask |= found;
        name += length + (name[length] == ',');
    }
    return true;
}
