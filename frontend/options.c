#include "frontend/options.h"

#include "frontend/names.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    ICOUNT_MAX_SHIFT = 10,
    ICOUNT_AUTO_SHIFT = 3, /* 125 million instructions a second of guest time */
    TRY_LENGTH = 40,
};

#define USAGE_TRY "Try: ibird -help"

/* Parsers of values: `member` is where the result goes. */
typedef bool option_parser(const char *name, const char *value, void *member,
                           struct message *message);

static bool parse_TEXT(const char *name, const char *value, void *member, struct message *message)
{
    (void)name, (void)message;
    *(const char **)member = value;
    return true;
}

static bool parse_LIST(const char *name, const char *value, void *member, struct message *message)
{
    struct option_list *list = member;
    if (list->count == OPTION_LIST_MAX) {
        return message_usage(message, "more than %d options -%s", OPTION_LIST_MAX, name);
    }
    list->items[list->count++] = value;
    return true;
}

static bool parse_unsigned(const char *text, int base, uint64_t *number)
{
    if (!isalnum((unsigned char)*text)) {
        return false; /* strtoull would take spaces and signs */
    }
    char *end;
    errno = 0;
    *number = strtoull(text, &end, base);
    return !errno && !*end;
}

bool options_parse_size(const char *text, uint64_t unit, uint64_t *size)
{
    static const char suffixes[] = "KMGT";
    if (!isdigit((unsigned char)*text)) {
        return false;
    }
    char *end;
    double number = strtod(text, &end);
    if (strpbrk(text, "xXeEpP") || !isfinite(number)) {
        return false;
    }
    const char *suffix = *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
    if (suffix) {
        unit = UINT64_C(1) << 10 * (suffix - suffixes + 1);
        end++;
    } else if (*end == 'B' || *end == 'b') {
        unit = 1;
        end++;
    }
    double bytes = number * (double)unit;
    if (*end || bytes >= 0x1p63 || bytes != floor(bytes)) {
        return false;
    }
    *size = (uint64_t)bytes;
    return true;
}

static const char *skip_key(const char *value, const char *key)
{
    size_t length = strlen(key);
    return !strncmp(value, key, length) && value[length] == '=' ? value + length + 1 : value;
}

static bool parse_SIZE(const char *name, const char *value, void *member, struct message *message)
{
    if (!options_parse_size(skip_key(value, "size"), UINT64_C(1) << 20, member)) {
        return message_usage(message, "-%s \"%.80s\" is not a size of memory. Try: -m 512, -m 1G",
                             name, value);
    }
    if (!*(uint64_t *)member) {
        return message_usage(message, "-%s 0: a machine needs memory. Try: -m 512", name);
    }
    return true;
}

static bool parse_COUNT(const char *name, const char *value, void *member, struct message *message)
{
    uint64_t number;
    if (!parse_unsigned(skip_key(value, "cpus"), 10, &number) || !number || number > 1024) {
        return message_usage(message, "-%s \"%.80s\" is not a number of CPUs. Try: -smp 1", name,
                             value);
    }
    *(unsigned *)member = (unsigned)number;
    return true;
}

static bool parse_NUMBER(const char *name, const char *value, void *member, struct message *message)
{
    if (!parse_unsigned(value, 0, member)) {
        return message_usage(message, "--%s \"%.80s\" is not a number", name, value);
    }
    return true;
}

static bool parse_ADDRESS(const char *name, const char *value, void *member,
                          struct message *message)
{
    struct option_address *address = member;
    address->given = true;
    if (!parse_unsigned(value, 16, &address->value)) {
        return message_usage(message, "--%s \"%.80s\" is not an address. Try: --%s=0xc0008000",
                             name, value, name);
    }
    return true;
}

static bool parse_SECONDS(const char *name, const char *value, void *member,
                          struct message *message)
{
    char *end;
    double seconds = isdigit((unsigned char)*value) ? strtod(value, &end) : 0;
    if (!(seconds >= 0.001 && seconds <= 1e9) || *end) {
        return message_usage(message, "--%s \"%.80s\" is not a number of seconds. Try: --%s=60",
                             name, value, name);
    }
    *(uint64_t *)member = (uint64_t)(seconds * 1000);
    return true;
}

static bool parse_ENGINE(const char *name, const char *value, void *member, struct message *message)
{
    static const char *const names[] = {
        [JIT_ENGINE_JIT] = "jit",
        [JIT_ENGINE_INTERP] = "interp",
        [JIT_ENGINE_BOTH] = "both",
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(value, names[i])) {
            *(enum jit_engine *)member = (enum jit_engine)i;
            return true;
        }
    }
    return message_usage(message, "--%s \"%.80s\": there are jit, interp and both", name, value);
}

static bool parse_ICOUNT(const char *name, const char *value, void *member, struct message *message)
{
    struct option_icount *icount = member;
    const char *shift = skip_key(value, "shift");
    size_t length = strcspn(shift, ",");
    const char *rest = shift + length;
    /* What QEMU's further items can ask for and counted time does anyway. */
    while (*rest) {
        static const char *const same[] = {",align=off", ",sleep=off"};
        size_t step = 0;
        for (unsigned i = 0; i < 2; i++) {
            if (!strncmp(rest, same[i], strlen(same[i]))) {
                step = strlen(same[i]);
            }
        }
        if (!step) {
            return message_usage(message,
                                 "-%s \"%.80s\": ibird knows only shift=. Try: -%s shift=3", name,
                                 value, name);
        }
        rest += step;
    }
    icount->counted = true;
    if (length == 4 && !strncmp(shift, "auto", 4)) {
        icount->shift = ICOUNT_AUTO_SHIFT;
        return true;
    }
    char digits[TRY_LENGTH];
    snprintf(digits, sizeof(digits), "%.*s", (int)length, shift);
    uint64_t number;
    if (!parse_unsigned(digits, 10, &number) || number > ICOUNT_MAX_SHIFT) {
        return message_usage(message,
                             "-%s \"%.80s\": the shift is a number from 0 to %d, or auto. "
                             "Try: -%s shift=3",
                             name, value, ICOUNT_MAX_SHIFT, name);
    }
    icount->shift = (unsigned)number;
    return true;
}

#define parse_FLAG NULL

static const struct {
    option_parser *parse; /* NULL: a flag, or a section's title */
    size_t member;
} row_targets[] = {
#define SECTION(title) {NULL, 0},
#define OPTION(name, other, value, kind, member, completion, help)                                 \
    {parse_##kind, offsetof(struct options, member)},
#include "frontend/options.inc"
#undef SECTION
#undef OPTION
};

static const struct option_row rows[] = {
#define SECTION(title) {NULL, NULL, NULL, NULL, title},
#define OPTION(name, other, value, kind, member, completion, help)                                 \
    {name, other, value, completion, help},
#include "frontend/options.inc"
#undef SECTION
#undef OPTION
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct option_row *options_rows(size_t *count)
{
    *count = ROW_COUNT;
    return rows;
}

static const struct option_row *find_row(const char *name)
{
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        if (rows[i].name &&
            (!strcmp(rows[i].name, name) || (rows[i].other && !strcmp(rows[i].other, name)))) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool unknown_option(const char *name, struct message *message)
{
    const char *names[2 * ROW_COUNT + 1];
    unsigned count = 0;
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        /* One letter is near to anything short. */
        if (rows[i].name && strlen(rows[i].name) > 1) {
            names[count++] = rows[i].name;
        }
    }
    names[count] = NULL;
    return names_unknown(NAMES_OPTION, name, names, USAGE_TRY, message);
}

/* Options of QEMU's that ask for nothing ("-display none") are taken. Returns how many arguments
 * that were, of which `with_value` belong to an option and its value; 0 on failure. */
static int accept_foreign(const char *name, const char *value, int with_value,
                          struct message *message)
{
    const struct foreign_name *foreign = names_foreign(NAMES_OPTION, name);
    if (foreign && foreign->harmless && !foreign->has_argument) {
        return 1;
    }
    if (foreign && foreign->harmless && value && !strcmp(value, foreign->harmless)) {
        return with_value;
    }
    if (foreign && foreign->harmless) {
        return message_usage(
            message, "QEMU has -%s; ibird does not have it (yet), except as \"-%s %s\". " USAGE_TRY,
            name, name, foreign->harmless);
    }
    return unknown_option(name, message);
}

/* A name without an option is the image to start. */
static int take_image(struct options *options, const char *name, struct message *message)
{
    if (options->image) {
        message_usage(message,
                      "\"%.80s\" stands alone, and \"%.80s\" is already what to start. For a disk: "
                      "-drive file=%.80s",
                      name, options->image, name);
        return 0;
    }
    options->image = name;
    return 1;
}

/* Takes argv[index] and its value; returns how many arguments that were, 0 on failure. */
static int parse_argument(struct options *options, int argc, char **argv, int index,
                          struct message *message)
{
    const char *argument = argv[index];
    if (argument[0] != '-') {
        return take_image(options, argument, message);
    }
    if (!argument[1]) {
        message_usage(message, "\"-\" stands alone. " USAGE_TRY);
        return 0;
    }
    bool two = argument[1] == '-';
    char name[64];
    const char *start = argument + (two ? 2 : 1);
    size_t length = two ? strcspn(start, "=") : strlen(start);
    snprintf(name, sizeof(name), "%.*s", (int)length, start);
    const char *attached = start[length] ? start + length + 1 : NULL;
    const char *value = attached ? attached : index + 1 < argc ? argv[index + 1] : NULL;
    int used = attached ? 1 : 2;

    const struct option_row *row = find_row(name);
    if (!row) {
        return accept_foreign(name, value, used, message);
    }
    char *member = (char *)options + row_targets[row - rows].member;
    option_parser *parse = row_targets[row - rows].parse;
    if (!parse) {
        if (attached) {
            message_usage(message, "--%s takes no value", name);
            return 0;
        }
        *(bool *)member = true;
        return 1;
    }
    if (!value) {
        message_usage(message, "-%s needs a value: -%s %s", name, name, row->value);
        return 0;
    }
    return parse(row->name, value, member, message) ? used : 0;
}

bool options_parse(struct options *options, int argc, char **argv, struct message *message)
{
    *options = (struct options){0};
    for (int i = 1; i < argc;) {
        int used = parse_argument(options, argc, argv, i, message);
        if (!used) {
            return false;
        }
        i += used;
    }
    if (options->image && options->kernel) {
        return message_usage(message,
                             "\"%.80s\" stands alone, and -kernel %.80s is already what to start. "
                             "For a disk: -drive file=%.80s",
                             options->image, options->kernel, options->image);
    }
    options->kernel = options->image ? options->image : options->kernel;
    return true;
}
