/* The x86-64 backend. */
#ifndef HOST_X86_64_HOST_H
#define HOST_X86_64_HOST_H

#include "core/jit/host.h"

extern const struct host_ops x64_host_ops;

/* The same with CPU features masked out, for tests of the fallbacks (enum x64_feature). */
struct host *x64_host_create(const struct guest_ops *guest, const struct host_options *options,
                             uint32_t feature_mask, char *message, size_t message_size);

#endif
