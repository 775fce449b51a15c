/* The base of GS, by which translated code reads the tables of the current space: an access to
 * guest memory has it as an operand, and no general register holds it. The C library uses FS only.
 */
#include "core/base/check.h"
#include "host/x86_64/x64.h"

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What this thread's base is, as far as it was set here. */
static _Thread_local const uint64_t *table_base;

void x64_table_use(struct cpu *cpu)
{
    cpu->host_save[X64_SAVE_TABLE] = (uintptr_t)cpu->table;
    if (table_base != cpu->table) {
        table_base = cpu->table;
        __asm__ volatile("wrgsbase %0" : : "r"(table_base));
    }
}

void x64_table_use_slowly(struct cpu *cpu)
{
    cpu->host_save[X64_SAVE_TABLE] = (uintptr_t)cpu->table;
    if (table_base != cpu->table) {
        table_base = cpu->table;
        CHECK(!syscall(SYS_arch_prctl, ARCH_SET_GS, table_base));
    }
}
