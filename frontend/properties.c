#include "frontend/properties.h"

#include "frontend/names.h"

#include <stdlib.h>
#include <string.h>

/* Cuts the next item off; doubled commas become single ones. */
static char *next_item(char **rest)
{
    char *start = *rest, *out = start, *in = start;
    for (; *in; in++) {
        if (*in == ',') {
            if (in[1] != ',') {
                break;
            }
            in++;
        }
        *out++ = *in;
    }
    *rest = *in ? in + 1 : NULL;
    *out = 0;
    return start;
}

bool properties_parse(struct properties *properties, const char *text, const char *first,
                      struct message *message)
{
    *properties = (struct properties){.text = strdup(text)};
    char *rest = properties->text;
    if (!rest) {
        return message_set(message, EXIT_STATUS_EMULATOR, "no memory for options");
    }
    while (rest && *rest) {
        char *item = next_item(&rest);
        if (properties->count == PROPERTIES_MAX) {
            properties_free(properties);
            return message_usage(message, "\"%.80s\" has more than %d items", text, PROPERTIES_MAX);
        }
        char *equals = strchr(item, '=');
        unsigned i = properties->count++;
        properties->items[i].key = item;
        if (equals) {
            *equals = 0;
            properties->items[i].value = equals + 1;
        } else if (!i && first) {
            properties->items[i].key = first;
            properties->items[i].value = item;
        } else {
            properties->items[i].value = "on";
        }
    }
    return true;
}

void properties_free(struct properties *properties)
{
    free(properties->text);
    properties->text = NULL;
    properties->count = 0;
}

const char *properties_take(struct properties *properties, const char *key)
{
    const char *value = NULL;
    for (unsigned i = 0; i < properties->count; i++) {
        if (!strcmp(properties->items[i].key, key)) {
            properties->items[i].taken = true;
            value = properties->items[i].value;
        }
    }
    return value;
}

bool properties_take_bool(struct properties *properties, const char *key, bool *value,
                          struct message *message)
{
    static const char *const yes[] = {"on", "yes", "true", "y", NULL};
    static const char *const no[] = {"off", "no", "false", "n", NULL};
    const char *text = properties_take(properties, key);
    if (!text) {
        return true;
    }
    *value = names_contain(yes, text);
    if (!*value && !names_contain(no, text)) {
        return message_usage(message, "%s=%.80s is neither on nor off", key, text);
    }
    return true;
}

bool properties_finish(const struct properties *properties, const char *where,
                       const char *const *keys, struct message *message)
{
    for (unsigned i = 0; i < properties->count; i++) {
        if (properties->items[i].taken) {
            continue;
        }
        const char *key = properties->items[i].key;
        const char *nearest = names_nearest(key, keys);
        if (nearest) {
            return message_usage(message, "%s does not know \"%.80s\"; did you mean \"%s\"?", where,
                                 key, nearest);
        }
        return message_usage(message, "%s does not know \"%.80s\". Try: ibird -help", where, key);
    }
    return true;
}

char *properties_rest(const struct properties *properties)
{
    size_t size = 1;
    for (unsigned i = 0; i < properties->count; i++) {
        size += strlen(properties->items[i].key) + 2 * strlen(properties->items[i].value) + 2;
    }
    char *rest = malloc(size);
    if (!rest) {
        return NULL;
    }
    char *out = rest;
    for (unsigned i = 0; i < properties->count; i++) {
        if (properties->items[i].taken) {
            continue;
        }
        if (out != rest) {
            *out++ = ',';
        }
        out = stpcpy(out, properties->items[i].key);
        *out++ = '=';
        for (const char *in = properties->items[i].value; *in; in++) {
            *out++ = *in;
            if (*in == ',') {
                *out++ = ',';
            }
        }
    }
    *out = 0;
    return rest;
}
