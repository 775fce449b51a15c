/* Threads beside the machine's. */
#ifndef CORE_BASE_THREAD_H
#define CORE_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts one that handles no signals: these are the business of the frontend's threads. */
pthread_t thread_start(void *(*run)(void *opaque), void *opaque);
/* The same where one can do without; false if the host has no more threads. */
bool thread_try(pthread_t *thread, void *(*run)(void *opaque), void *opaque);

#endif
