/* The first process of the guest: runs every program of /programs, each for at most LIMIT seconds, and prints a line
 * "torture NAME exit STATUS" or "torture NAME signal NUMBER" for each, which is SIGKILL for one that took too long. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 60

static int is_program(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What a test prints or asks is nobody's business. A process group of its own takes its children along. */
static void start(const char *name)
{
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++) {
        dup2(null, fd);
    }
    close(null);
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl(name, name, (char *)NULL);
    _exit(127);
}

static void run(const char *name)
{
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    pid_t child = fork();
    if (!child) {
        start(name);
    }
    int status;
    while (!waitpid(child, &status, WNOHANG)) {
        if (sigtimedwait(&ended, NULL, &(struct timespec){.tv_sec = LIMIT}) < 0) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
    }
    kill(-child, SIGKILL);
    printf("torture %s %s %d\n", name, WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    fflush(stdout);
}

int main(void)
{
    struct dirent **entries;
    int count = chdir("/programs") ? -1 : scandir(".", &entries, is_program, alphasort);
    for (int i = 0; i < count; i++) {
        run(entries[i]->d_name);
        free(entries[i]);
    }
    printf("torture done\n");
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
