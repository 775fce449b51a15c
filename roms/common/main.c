#include "roms/common/rom.h"

enum { LINE_SIZE = 80, MAX_WORDS = 256 };

static uint32_t prompt_state[ROM_SAVED_WORDS];

void rom_prompt(void)
{
    rom_restore(prompt_state);
}

/* ---- the prompt ------------------------------------------------------------------------------ */

static char *skip_spaces(char *text)
{
    while (*text == ' ') {
        text++;
    }
    return text;
}

/* Hexadecimal, with or without 0x. */
static bool take_number(char **text, uint32_t *number)
{
    char *at = skip_spaces(*text);
    if (at[0] == '0' && (at[1] | 32) == 'x') {
        at += 2;
    }
    uint32_t value = 0;
    bool any = false;
    for (;; at++) {
        char c = (char)(*at | 32);
        if (*at >= '0' && *at <= '9') {
            value = value << 4 | (uint32_t)(*at - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (uint32_t)(c - 'a' + 10);
        } else {
            break;
        }
        any = true;
    }
    if (!any || (*at && *at != ' ')) {
        return false;
    }
    *text = at;
    *number = value;
    return true;
}

static bool do_peek(char *arguments)
{
    uint32_t address, count = 1;
    if (!take_number(&arguments, &address)) {
        return false;
    }
    if (*skip_spaces(arguments) && (!take_number(&arguments, &count) || count > MAX_WORDS)) {
        return false;
    }
    address &= ~3u;
    for (uint32_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            console_print("%s%x:", i ? "\n" : "", address + i * 4);
        }
        console_print(" %x", mmio_read(address + i * 4));
    }
    console_print("\n");
    return true;
}

static bool do_poke(char *arguments)
{
    uint32_t address, value;
    if (!take_number(&arguments, &address) || !take_number(&arguments, &value)) {
        return false;
    }
    mmio_write(address & ~3u, value);
    return true;
}

static bool do_run(char *arguments)
{
    uint32_t address;
    if (!take_number(&arguments, &address)) {
        return false;
    }
    board_sync_code(); /* poke may have written it */
    uint32_t result = ((uint32_t(*)(void))(uintptr_t)address)();
    console_print("returned %x\n", result);
    return true;
}

static bool do_checks(char *arguments)
{
    (void)arguments;
    bool good = check_cpu();
    good &= check_board();
    good &= check_ram();
    good &= check_timer();
    good &= check_interrupts();
    good &= bench_run();
    console_print("%s\n", good ? "All is well." : "Something is WRONG.");
    return true;
}

static bool do_reset(char *arguments)
{
    (void)arguments;
    board_reset();
    console_print("the board did not reset\n");
    return true;
}

static bool do_off(char *arguments)
{
    (void)arguments;
    board_off();
    console_print("the board did not power off\n");
    return true;
}

static bool do_help(char *arguments);

static const struct {
    const char *name, *arguments, *meaning;
    bool (*run)(char *arguments);
} commands[] = {
    {"peek", "ADDRESS [COUNT]", "shows words of memory", do_peek},
    {"poke", "ADDRESS VALUE", "writes a word", do_poke},
    {"run", "ADDRESS", "calls code there", do_run},
    {"check", "", "repeats the checks and the benchmark", do_checks},
    {"reset", "", "resets the board", do_reset},
    {"off", "", "powers off", do_off},
    {"help", "", "shows this list", do_help},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static bool do_help(char *arguments)
{
    (void)arguments;
    console_print("Numbers are hexadecimal.\n");
    for (unsigned i = 0; i < COMMANDS; i++) {
        console_print("  %s %s: %s\n", commands[i].name, commands[i].arguments,
                      commands[i].meaning);
    }
    return true;
}

static char *command_end(char *line, const char *name)
{
    while (*name && *line == *name) {
        line++;
        name++;
    }
    return !*name && (!*line || *line == ' ') ? line : NULL;
}

static void execute(char *line)
{
    line = skip_spaces(line);
    for (unsigned i = 0; i < COMMANDS; i++) {
        char *arguments = command_end(line, commands[i].name);
        if (arguments) {
            if (!commands[i].run(arguments)) {
                console_print("usage: %s %s\n", commands[i].name, commands[i].arguments);
            }
            return;
        }
    }
    if (*line) {
        console_print("unknown command; help lists them\n");
    }
}

void rom_main(void)
{
    board_init();
    console_print("\nIndigobird ROM for the %s board\n\n", board_name);
    if (!rom_save(prompt_state)) {
        do_checks(NULL);
        console_print(
            "\nNo kernel and no firmware was given (-kernel, -bios). help lists commands.\n");
    }
    for (;;) {
        char line[LINE_SIZE];
        console_print("> ");
        console_read_line(line, sizeof(line));
        execute(line);
    }
}
