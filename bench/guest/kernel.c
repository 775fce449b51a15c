/* What the kernel does for programs: system calls, processes, page faults, pipes and context
 * switches. */
#include "bench/guest/bench.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SYSTEM_CALLS = 200000,
    PROCESSES = 200,
    FAULT_PAGES = 8192,
    FAULT_ROUNDS = 6,
    PIPE_ROUNDS = 10000,
};

uint32_t bench_syscalls(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < SYSTEM_CALLS; i++) {
        sum += (uint32_t)syscall(SYS_getppid);
    }
    return sum;
}

static __attribute__((noinline)) pid_t start_program(void)
{
    pid_t child = vfork();
    if (!child) {
        const char *self = (const char *)getauxval(AT_EXECFN);
        execl(self, "bench", "--exit", (char *)NULL);
        _exit(1);
    }
    return child;
}

static pid_t start_copy(void)
{
    pid_t child = fork();
    if (!child) {
        _exit(7);
    }
    return child;
}

uint32_t bench_forkexec(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        waitpid(start_program(), &status, 0);
        sum = sum * 31 + (uint32_t)WEXITSTATUS(status);
        waitpid(start_copy(), &status, 0);
        sum = sum * 31 + (uint32_t)WEXITSTATUS(status);
    }
    return sum;
}

uint32_t bench_faults(void)
{
    uint32_t sum = 0;
    for (int round = 0; round < FAULT_ROUNDS; round++) {
        uint8_t *pages = mmap(NULL, FAULT_PAGES * 4096, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int i = 0; i < FAULT_PAGES; i++) {
            pages[i * 4096 + i % 4096] = (uint8_t)(i + round);
        }
        for (int i = 0; i < FAULT_PAGES; i++) {
            sum = sum * 31 + pages[i * 4096 + i % 4096];
        }
        munmap(pages, FAULT_PAGES * 4096);
    }
    return sum;
}

uint32_t bench_pipes(void)
{
    int there[2], back[2];
    if (pipe(there) || pipe(back)) {
        return 0;
    }
    uint32_t sum = 0;
    pid_t child = fork();
    if (!child) {
        close(there[1]);
        uint32_t value;
        while (read(there[0], &value, 4) == 4) {
            value = value * 3 + 1;
            if (write(back[1], &value, 4) != 4) {
                break;
            }
        }
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    for (uint32_t i = 1; i <= PIPE_ROUNDS; i++) {
        uint32_t answer = i;
        if (write(there[1], &i, 4) != 4 || read(back[0], &answer, 4) != 4) {
            return 0;
        }
        sum = sum * 31 + answer;
    }
    close(there[1]);
    close(back[0]);
    waitpid(child, NULL, 0);
    return sum;
}
