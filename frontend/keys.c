#include "frontend/keys.h"

enum { CTRL_A = 1 };

const struct keys_help keys_help[] = {
    {"h", "lists these keys"},
    {"x", "ends the emulator"},
    {"c", "is for a monitor, which does not exist yet"},
    {"Ctrl-a", "sends Ctrl-a to the guest (a does too)"},
};
const size_t keys_help_count = sizeof(keys_help) / sizeof(keys_help[0]);

enum keys_action keys_take(struct keys *keys, uint8_t *byte, bool *pass)
{
    *pass = false;
    if (!keys->prefix) {
        keys->prefix = *byte == CTRL_A;
        *pass = !keys->prefix;
        return KEYS_NONE;
    }
    keys->prefix = false;
    switch (*byte) {
    case CTRL_A:
    case 'a':
        *byte = CTRL_A;
        *pass = true;
        return KEYS_NONE;
    case 'x':
        return KEYS_QUIT;
    case 'h':
    case '?':
        return KEYS_HELP;
    case 'c':
        return KEYS_MONITOR;
    default:
        return KEYS_NONE;
    }
}
