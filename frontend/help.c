#include "frontend/help.h"

#include "frontend/keys.h"
#include "frontend/options.h"

#include <string.h>

enum { HELP_COLUMN = 8, HELP_WIDTH = 92 };

static const struct {
    const char *status, *meaning;
} exit_meanings[] = {
    {"0",
     "The guest powered off, or reset with -no-reboot; or the user ended the run with Ctrl-a x."},
    {"2", "The command line is wrong."},
    {"124", "The time limit passed."},
    {"125", "The emulator failed."},
    {"126", "The guest's kernel panicked (its console said so) before the run ended."},
    {"127", "A kernel, firmware, device tree or disk image is missing or bad."},
    {"128+N", "Signal N ended the run."},
    {"other", "The guest's own, where the guest can give one."},
};

/* Words of `text` in lines of HELP_WIDTH, indented. */
static void print_wrapped(FILE *out, const char *text)
{
    int column = fprintf(out, "%*s", HELP_COLUMN, "");
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column + 1 + length > HELP_WIDTH) {
            column = fprintf(out, "\n%*s", HELP_COLUMN, "") - 1;
        }
        column += fprintf(out, " %.*s", length, text);
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

void help_print(FILE *out)
{
    fprintf(out,
            "Usage: ibird [-M MACHINE] [OPTION].. [KERNEL]\n"
            "Indigobird " IBIRD_VERSION " runs machines in software. Example:\n"
            "  ibird -M virt -m 512 -kernel vmlinuz -initrd initrd.gz -append \"console=ttyAMA0\" "
            "-nographic\n");
    size_t count;
    const struct option_row *row = options_rows(&count);
    for (; count; count--, row++) {
        if (!row->name) {
            fprintf(out, "\n%s\n", row->help);
            continue;
        }
        fprintf(out, "  ");
        if (row->other) {
            fprintf(out, "-%s, ", row->other);
        }
        fprintf(out, "-%s", row->name);
        fprintf(out, "%s%s\n", row->value ? " " : "", row->value ? row->value : "");
        print_wrapped(out, row->help);
    }
    fputs("\nKeys on the console\n", out);
    for (size_t i = 0; i < keys_help_count; i++) {
        fprintf(out, "  Ctrl-a %-8s %s\n", keys_help[i].key, keys_help[i].meaning);
    }
    fputs("\nExit status\n", out);
    for (size_t i = 0; i < sizeof(exit_meanings) / sizeof(exit_meanings[0]); i++) {
        fprintf(out, "  %-6s %s\n", exit_meanings[i].status, exit_meanings[i].meaning);
    }
}

/* roff: a dash that is to be typed is \-, a backslash \e. A line must not begin with . or '. */
static void print_roff(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '-':
            fputs("\\-", out);
            break;
        case '\\':
            fputs("\\e", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

void help_print_man_page(FILE *out)
{
    fputs(".TH IBIRD 1 \"\" \"Indigobird " IBIRD_VERSION "\" \"User Commands\"\n"
          ".SH NAME\nibird \\- run machines with foreign CPUs in software\n"
          ".SH SYNOPSIS\n.B ibird\n\\-M MACHINE [OPTION]..\n"
          ".SH DESCRIPTION\n"
          "Indigobird emulates whole machines: CPU, memory, interrupt controllers and devices. It "
          "runs "
          "the guest's code by translating it. The options are those of QEMU, where QEMU has them; "
          "each "
          "can be given with one dash or two. With neither a kernel nor firmware, a machine starts "
          "its "
          "built\\-in ROM.\n",
          out);
    size_t count;
    const struct option_row *row = options_rows(&count);
    fputs(".SH OPTIONS\n", out);
    for (; count; count--, row++) {
        if (!row->name) {
            fprintf(out, ".SS %s\n", row->help);
            continue;
        }
        fputs(".TP\n\\fB\\-", out);
        print_roff(out, row->name);
        fputs("\\fR", out);
        if (row->other) {
            fputs(", \\fB\\-", out);
            print_roff(out, row->other);
            fputs("\\fR", out);
        }
        if (row->value) {
            fputs(" \\fI", out);
            print_roff(out, row->value);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        print_roff(out, row->help);
        fputc('\n', out);
    }
    fputs(".SH KEYS\nOn a console at the terminal, after Ctrl\\-a:\n", out);
    for (size_t i = 0; i < keys_help_count; i++) {
        fprintf(out, ".TP\n.B %s\n", keys_help[i].key);
        print_roff(out, keys_help[i].meaning);
        fputc('\n', out);
    }
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof(exit_meanings) / sizeof(exit_meanings[0]); i++) {
        fprintf(out, ".TP\n.B %s\n", exit_meanings[i].status);
        print_roff(out, exit_meanings[i].meaning);
        fputc('\n', out);
    }
    fputs(".SH EXAMPLES\nBoot a kernel to a shell in its initial RAM disk:\n.PP\n.nf\n"
          "ibird \\-M virt \\-m 512 \\-kernel vmlinuz \\-initrd initrd.gz \\e\n"
          "    \\-append \"console=ttyAMA0 rdinit=/bin/sh\" \\-nographic\n.fi\n",
          out);
}

void help_print_bash_completion(FILE *out)
{
    size_t count;
    const struct option_row *rows = options_rows(&count);
    fputs("# bash completion for ibird; printed by ibird --bash-completion\n"
          "_ibird()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    COMPREPLY=()\n"
          "    case ${option/#--/-} in\n",
          out);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].name || !rows[i].value) {
            continue;
        }
        fprintf(out, "    -%s", rows[i].name);
        if (rows[i].other) {
            fprintf(out, "|-%s", rows[i].other);
        }
        if (!strcmp(rows[i].completion, "file")) {
            fputs(")\n        compopt -o filenames\n"
                  "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n        return;;\n",
                  out);
        } else {
            fprintf(out,
                    ")\n        mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\")\n"
                    "        return;;\n",
                    rows[i].completion);
        }
    }
    fputs("    esac\n    mapfile -t COMPREPLY < <(compgen -W '", out);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].name) {
            fprintf(out, "-%s --%s ", rows[i].name, rows[i].name);
        }
    }
    fputs("' -- \"$word\")\n}\ncomplete -F _ibird ibird\n", out);
}
