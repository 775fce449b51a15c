/* The first process of the guest, or an ordinary program of the host: runs the programs named in
 * its arguments (all, if none), prints a line "name seconds checksum" for each, and powers off. */
#include "bench/guest/bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    uint32_t (*run)(void);
} programs[] = {
    {"integer", bench_integer},
#ifndef __mips__
    {"integer-a32", bench_integer_a32},
#endif
    {"calls", bench_calls},       {"indirect", bench_indirect},
    {"int64", bench_int64},       {"stream", bench_stream},
    {"chase", bench_chase},       {"strings", bench_strings},
    {"double", bench_double},     {"float", bench_float},
#ifdef __ARM_NEON
    {"simd", bench_simd},
#endif
    {"syscalls", bench_syscalls}, {"forkexec", bench_forkexec},
    {"faults", bench_faults},     {"pipes", bench_pipes},
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], name)) {
            return 1;
        }
    }
    return argc <= 1;
}

/* In a process of its own, so that none leaves memory behind for the next. */
static void run(unsigned i)
{
    pid_t child = fork();
    if (!child) {
        double start = seconds_now();
        uint32_t checksum = programs[i].run();
        printf("bench %s %.6f %08x\n", programs[i].name, seconds_now() - start, checksum);
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (status) {
        printf("bench %s failed with status %#x\n", programs[i].name, status);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--exit")) {
        return 3;
    }
    printf("bench ready\n");
    fflush(stdout);
    for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (wanted(programs[i].name, argc, argv)) {
            run(i);
        }
    }
    printf("bench done\n");
    fflush(stdout);
    sync();
    if (getpid() == 1) {
        reboot(RB_POWER_OFF);
    }
    return 0;
}
