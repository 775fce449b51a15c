#include "devices/options.h"

#include "core/base/bits.h"
#include "core/machine/machine.h"

#include <stdio.h>
#include <string.h>

/* Length of the item at `text`, up to its single comma. */
static size_t item_length(const char *text)
{
    size_t n = 0;
    while (text[n] && (text[n] != ',' || text[n + 1] == ',')) {
        n += text[n] == ',' ? 2 : 1;
    }
    return n;
}

static void copy_value(const char *from, size_t length, char *to, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        to[used++] = from[i];
        i += from[i] == ',';
    }
    to[used] = 0;
}

bool option_get(const char *options, const char *name, char *value, size_t size)
{
    size_t name_length = strlen(name);
    while (*options) {
        size_t length = item_length(options);
        if (length > name_length && !memcmp(options, name, name_length) &&
            options[name_length] == '=') {
            copy_value(options + name_length + 1, length - name_length - 1, value, size);
            return true;
        }
        options += length + (options[length] == ',');
    }
    return false;
}

const char *option_unknown(const char *options, const char *const *names, size_t *length)
{
    while (*options) {
        size_t item = item_length(options), n = 0;
        *length = strcspn(options, "=,");
        while (names[n] && (strlen(names[n]) != *length || memcmp(names[n], options, *length))) {
            n++;
        }
        if (!names[n]) {
            return options;
        }
        options += item + (options[item] == ',');
    }
    return NULL;
}

bool option_is_on(const char *options, const char *name, bool fallback)
{
    static const char *const words[][2] = {{"off", "on"}, {"false", "true"}, {"no", "yes"}};
    char value[8] = "";
    option_get(options, name, value, sizeof(value));
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp(value, words[i][fallback ? 0 : 1])) {
            return !fallback;
        }
    }
    return fallback;
}

unsigned option_driver(const char *name, const char *const *names)
{
    unsigned i = 0;
    while (names[i] && strcmp(names[i], name)) {
        i++;
    }
    return i;
}

bool option_check_request(const struct device_request *request, const char *board,
                          const char *const *known, char *message, size_t message_size)
{
    if (!known) {
        snprintf(message, message_size, "board %s has no device \"%s\". Try: -device help", board,
                 request->driver);
        return false;
    }
    size_t length;
    const char *unknown = option_unknown(request->options, known, &length);
    if (unknown) {
        snprintf(message, message_size, "-device %s has no option \"%.*s\" here. Try: %s=..",
                 request->driver, (int)length, unknown, known[0]);
        return false;
    }
    return true;
}
