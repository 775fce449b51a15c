/* The user's terminal in raw mode, and its return to what it was on every way out: normal ends,
 * signals and crashes. */
#ifndef FRONTEND_TERMINAL_H
#define FRONTEND_TERMINAL_H

#include <stdbool.h>

/* Opens /dev/null for each of descriptors 0, 1 and 2 that is closed, so that no file of ours lands
 * there. */
void terminal_fill_standard_files(void);

/* Raw mode for the terminal at `fd`; false if it is none, or not ours now (a background job). */
bool terminal_enter_raw(int fd);
/* Back to before; nothing if not in raw mode. Safe in signal handlers. */
void terminal_restore(void);

/* Handlers for SIGSEGV, SIGABRT and their like that restore the terminal and then let the signal do
 * its work. */
void terminal_catch_crashes(void);
/* Gives the calling thread a stack for those handlers. Freed by terminal_drop_stack(). */
void *terminal_make_stack(void);
void terminal_drop_stack(void *stack);

#endif
