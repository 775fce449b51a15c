/* Threads beside the machine's. */
#ifndef CORE_BASE_THREAD_H
#define CORE_BASE_THREAD_H

#include <pthread.h>

/* Starts one that handles no signals: these are the business of the frontend's threads. */
pthread_t thread_start(void *(*run)(void *opaque), void *opaque);

#endif
