/* Checks that stay on in release builds. A failed check is a bug of ours, never the guest's
 * doing; it prints where and why, and aborts (the crash handler restores the terminal). */
#ifndef CORE_BASE_CHECK_H
#define CORE_BASE_CHECK_H

_Noreturn void check_failed(const char *file, int line, const char *what);

#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))

/* A place that no input can reach. */
#define CHECK_UNREACHABLE() check_failed(__FILE__, __LINE__, "unreachable code reached")

#endif
