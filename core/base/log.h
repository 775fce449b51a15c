/* Logging by category, as chosen by -d and sent where -D says. One log per machine. */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(ID, "name as in -d", "help") */
#define LOG_CATEGORIES(X)                                                                          \
    X(IN_ASM, "in_asm", "guest code of each block that is translated")                             \
    X(OP, "op", "intermediate code as the guest front end made it")                                \
    X(OP_OPT, "op_opt", "intermediate code after the passes")                                      \
    X(OUT_ASM, "out_asm", "host code of each block that is translated")                            \
    X(INT, "int", "exceptions and interrupts taken")                                               \
    X(MMU, "mmu", "address translations, faults and maintenance")                                  \
    X(UNIMP, "unimp", "what the guest uses and ibird does not have yet")                           \
    X(GUEST_ERRORS, "guest_errors", "what the guest does against the rules")                       \
    X(EXEC, "exec", "each return of translated code to the run loop")

enum log_category {
#define X(id, name, help) LOG_##id,
    LOG_CATEGORIES(X)
#undef X
        LOG_CATEGORY_COUNT
};

struct log {
    uint32_t mask; /* bit (1 << category) */
    FILE *file;    /* never NULL; borrowed */
};

static inline bool log_on(const struct log *log, enum log_category category)
{
    return log->mask >> category & 1;
}

/* Writes one formatted piece if the category is on. The caller ends lines itself. */
void log_write(const struct log *log, enum log_category category, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Parses a -d list ("int,mmu"; "all"). Returns false and sets *bad (borrowed from list, up to
 * the next comma) if a name is unknown. */
bool log_parse(const char *list, uint32_t *mask, const char **bad);

#endif
