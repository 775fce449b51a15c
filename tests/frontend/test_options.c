#include "frontend/options.h"

#include "frontend/help.h"
#include "frontend/keys.h"
#include "frontend/names.h"
#include "frontend/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MAX_ARGUMENTS = 80 };

static struct message message;

/* Parses a command line of words between single spaces. */
static bool parse(struct options *options, const char *line)
{
    static char text[2048];
    static char *arguments[MAX_ARGUMENTS + 1];
    int count = 0;
    snprintf(text, sizeof(text), "ibird %s", line);
    for (char *word = strtok(text, " "); word && count < MAX_ARGUMENTS; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    message = (struct message){0};
    return options_parse(options, count, arguments, &message);
}

static void expect_failure(const char *line, const char *part)
{
    struct options options;
    assert_false(parse(&options, line));
    assert_int_equal(message.status, EXIT_STATUS_USAGE);
    if (!strstr(message.text, part)) {
        fail_msg("\"%s\" gave \"%s\", which has no \"%s\"", line, message.text, part);
    }
}

static void test_places_of_disks(void **state)
{
    (void)state;
    struct options o;
    assert_true(parse(&o, "-M malta -hda a,b --hdd=d --cdrom c -snapshot"));
    assert_string_equal(o.disks[0], "a,b");
    assert_null(o.disks[1]);
    assert_null(o.disks[2]);
    assert_string_equal(o.disks[3], "d");
    assert_string_equal(o.cdrom, "c");
    expect_failure("-hdb", "-hdb");
}

static void test_usual_line(void **state)
{
    (void)state;
    struct options o;
    assert_true(parse(&o, "-M virt -cpu cortex-a7 -m 1G -smp 1 -kernel k --initrd=i -append a=b "
                          "-drive file=x,if=virtio -drive file=y -device virtio-rng-device "
                          "-serial null -nographic -no-reboot -icount shift=4 --seed=0x10 "
                          "--time-limit=1.5 --engine=interp --dump-block=c0008000 -d int -D log"));
    assert_string_equal(o.machine, "virt");
    assert_string_equal(o.cpu, "cortex-a7");
    assert_int_equal(o.ram_size, 1 << 30);
    assert_int_equal(o.cpus, 1);
    assert_string_equal(o.kernel, "k");
    assert_string_equal(o.initrd, "i");
    assert_string_equal(o.append, "a=b");
    assert_int_equal(o.drives.count, 2);
    assert_string_equal(o.drives.items[1], "file=y");
    assert_int_equal(o.devices.count, 1);
    assert_int_equal(o.serials.count, 1);
    assert_true(o.nographic && o.no_reboot && o.icount.counted);
    assert_int_equal(o.icount.shift, 4);
    assert_int_equal(o.seed, 16);
    assert_int_equal(o.time_limit, 1500);
    assert_int_equal(o.engine, JIT_ENGINE_INTERP);
    assert_true(o.dump_block.given);
    assert_int_equal(o.dump_block.value, 0xc0008000);
    assert_string_equal(o.log_items, "int");
    assert_string_equal(o.log_file, "log");
}

static void test_forms(void **state)
{
    (void)state;
    struct options o;
    assert_true(parse(&o, "--machine virt"));
    assert_string_equal(o.machine, "virt");
    assert_true(parse(&o, "--machine=virt,highmem=off"));
    assert_string_equal(o.machine, "virt,highmem=off");
    assert_true(parse(&o, "-m size=64M"));
    assert_int_equal(o.ram_size, 64 << 20);
    assert_true(parse(&o, "-smp cpus=2"));
    assert_int_equal(o.cpus, 2);
    assert_true(parse(&o, "-icount 0"));
    assert_true(o.icount.counted);
    assert_true(parse(&o, "-icount shift=auto,align=off,sleep=off"));
    assert_int_equal(o.icount.shift, 3);
    assert_true(parse(&o, "-h"));
    assert_true(o.help);
    assert_true(parse(&o, "-display none -monitor none -net none -accel tcg -no-user-config"));
    assert_true(parse(&o, ""));
    assert_true(parse(&o, "vmlinux -m 64"));
    assert_string_equal(o.kernel, "vmlinux");
}

static void test_bad_lines(void **state)
{
    (void)state;
    expect_failure("-kernl x", "did you mean \"-kernel\"");
    expect_failure("--time-limt=3", "did you mean \"-time-limit\"");
    expect_failure("-netdev user", "ibird does not have it (yet)");
    expect_failure("-gdb tcp::1", "ibird does not have it (yet)");
    expect_failure("-S", "ibird does not have it (yet)");
    expect_failure("-display sdl", "except as \"-display none\"");
    expect_failure("-zzzzzzzz", "unknown option");
    expect_failure("-kernel", "needs a value");
    expect_failure("vmlinux disk.img", "-drive file=disk.img");
    expect_failure("disk.img -kernel vmlinux", "-drive file=disk.img");
    expect_failure("-", "stands alone");
    expect_failure("--nographic=yes", "takes no value");
    expect_failure("-m banana", "not a size");
    expect_failure("-m -5", "not a size");
    expect_failure("-m 0", "needs memory");
    expect_failure("-m 1e3", "not a size");
    expect_failure("-m 99999999999999999999G", "not a size");
    expect_failure("-smp 0", "not a number of CPUs");
    expect_failure("-smp 1,cores=1", "not a number of CPUs");
    expect_failure("-icount 11", "from 0 to 10");
    expect_failure("-icount shift=3,rr=record", "knows only shift");
    expect_failure("-icount shift=", "from 0 to 10");
    expect_failure("--engine=fast", "jit, interp and both");
    expect_failure("--time-limit=0", "number of seconds");
    expect_failure("--time-limit=x", "number of seconds");
    expect_failure("--seed=-1", "not a number");
    expect_failure("--dump-block=xyz", "not an address");
}

static void test_too_many(void **state)
{
    (void)state;
    char line[2048] = "";
    for (unsigned i = 0; i < 39; i++) {
        strcat(line, "-serial null ");
    }
    struct options o;
    assert_true(parse(&o, line));
    char *arguments[2 * (OPTION_LIST_MAX + 1) + 1];
    for (int i = 0; i <= OPTION_LIST_MAX; i++) {
        arguments[1 + 2 * i] = "-device";
        arguments[2 + 2 * i] = "x";
    }
    assert_false(options_parse(&o, 2 * (OPTION_LIST_MAX + 1) + 1, arguments, &message));
}

static void test_sizes(void **state)
{
    (void)state;
    uint64_t size;
    assert_true(options_parse_size("1.5G", 1, &size));
    assert_int_equal(size, UINT64_C(3) << 29);
    assert_true(options_parse_size("512", 1 << 20, &size));
    assert_int_equal(size, 512 << 20);
    assert_true(options_parse_size("4096k", 1 << 20, &size));
    assert_int_equal(size, 4 << 20);
    assert_true(options_parse_size("10B", 1 << 20, &size));
    assert_int_equal(size, 10);
    assert_false(options_parse_size("", 1, &size));
    assert_false(options_parse_size("5X", 1, &size));
    assert_false(options_parse_size("5MM", 1, &size));
    assert_false(options_parse_size("0x10", 1, &size));
    assert_false(options_parse_size("nan", 1, &size));
    assert_false(options_parse_size("0.3", 1, &size));
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"virt", "versatilepb", "cortex-a15", "m", NULL};
    assert_int_equal(names_distance("", "abc"), 3);
    assert_int_equal(names_distance("virt", "virt"), 0);
    assert_int_equal(names_distance("vrit", "virt"), 1);
    assert_int_equal(names_distance("Virt", "virt"), 0);
    assert_string_equal(names_nearest("vrit", names), "virt");
    assert_string_equal(names_nearest("cortexa15", names), "cortex-a15");
    assert_null(names_nearest("z", names));
    assert_null(names_nearest("potato", names));
    assert_null(names_nearest("", names));
    char longest[200];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_null(names_nearest(longest, names));
    assert_null(names_nearest("virt", NULL));
    assert_false(names_unknown(NAMES_MACHINE, "vexpress-a9", names, "", &message));
    assert_non_null(strstr(message.text, "QEMU has"));
    assert_false(names_unknown(NAMES_MACHINE, "virtt", names, "", &message));
    assert_non_null(strstr(message.text, "did you mean \"virt\""));
}

static void test_properties(void **state)
{
    (void)state;
    struct properties p;
    assert_true(
        properties_parse(&p, "virtio-blk-device,drive=a,,b,readonly,x=1,x=2", "driver", &message));
    assert_string_equal(properties_take(&p, "driver"), "virtio-blk-device");
    assert_string_equal(properties_take(&p, "drive"), "a,b");
    bool on = false;
    assert_true(properties_take_bool(&p, "readonly", &on, &message));
    assert_true(on);
    assert_false(properties_finish(&p, "-device", NULL, &message));
    char *rest = properties_rest(&p);
    assert_string_equal(rest, "x=1,x=2");
    free(rest);
    assert_string_equal(properties_take(&p, "x"), "2");
    assert_true(properties_finish(&p, "-device", NULL, &message));
    properties_free(&p);

    assert_true(properties_parse(&p, "a=maybe,b=,c=x,,y", NULL, &message));
    assert_false(properties_take_bool(&p, "a", &on, &message));
    assert_string_equal(properties_take(&p, "b"), "");
    rest = properties_rest(&p);
    assert_string_equal(rest, "c=x,,y");
    free(rest);
    properties_free(&p);

    assert_true(properties_parse(&p, "", NULL, &message));
    assert_int_equal(p.count, 0);
    properties_free(&p);
    char many[200] = "";
    for (unsigned i = 0; i <= PROPERTIES_MAX; i++) {
        strcat(many, "a,");
    }
    assert_false(properties_parse(&p, many, NULL, &message));
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *passed;
        enum keys_action last;
    } cases[] = {
        {"hello", "hello", KEYS_NONE}, {"a\1xb", "ab", KEYS_NONE}, {"\1x", "", KEYS_QUIT},
        {"\1h", "", KEYS_HELP},        {"\1\1", "\1", KEYS_NONE},  {"\1a", "\1", KEYS_NONE},
        {"\1c", "", KEYS_MONITOR},     {"\1zq", "q", KEYS_NONE},   {"\1\1x", "\1x", KEYS_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct keys keys = {0};
        char passed[16] = "";
        enum keys_action action = KEYS_NONE;
        for (const char *c = cases[i].typed; *c; c++) {
            uint8_t byte = (uint8_t)*c;
            bool pass;
            action = keys_take(&keys, &byte, &pass);
            if (pass) {
                strncat(passed, (char *)&byte, 1);
            }
        }
        assert_string_equal(passed, cases[i].passed);
        assert_int_equal(action, cases[i].last);
    }
}

static char *printed(void (*print)(FILE *out))
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print(out);
    fclose(out);
    return text;
}

/* Every row is in each of the three texts, and no row hides another. */
static void test_help_is_complete(void **state)
{
    (void)state;
    char *help = printed(help_print), *man = printed(help_print_man_page);
    char *completion = printed(help_print_bash_completion);
    size_t count;
    const struct option_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].name) {
            continue;
        }
        char text[64];
        snprintf(text, sizeof(text), "-%s", rows[i].name);
        assert_non_null(strstr(help, text));
        assert_non_null(strstr(completion, text));
        assert_null(names_foreign(NAMES_OPTION, rows[i].name));
        for (size_t j = 0; j < i; j++) {
            assert_false(rows[j].name && !strcmp(rows[i].name, rows[j].name));
        }
        snprintf(text, sizeof(text), "\\fB\\-%.*s", (int)strcspn(rows[i].name, "-"), rows[i].name);
        assert_non_null(strstr(man, text));
    }
    free(help);
    free(man);
    free(completion);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_line),
        cmocka_unit_test(test_places_of_disks),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_help_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
