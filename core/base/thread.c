#include "core/base/thread.h"

#include "core/base/check.h"

#include <signal.h>

bool thread_try(pthread_t *thread, void *(*run)(void *opaque), void *opaque)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(thread, NULL, run, opaque);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return !error;
}

pthread_t thread_start(void *(*run)(void *opaque), void *opaque)
{
    pthread_t thread;
    CHECK(thread_try(&thread, run, opaque));
    return thread;
}
