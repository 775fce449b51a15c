/* What the rest of the ARM target uses of its front end. */
#ifndef TARGETS_ARM_FRONTEND_H
#define TARGETS_ARM_FRONTEND_H

#include "core/jit/guest.h"

#include <stddef.h>
#include <stdint.h>

struct arm_decoders;

/* The decode tables of one CPU (arm_cpu.decoders): arm_cpu_create() makes them, arm_cpu_destroy()
 * drops them. */
struct arm_decoders *arm_decoders_create(void);
void arm_decoders_destroy(struct arm_decoders *decoders);

/* guest_ops.translate and .disassemble. */
void arm_translate(struct guest_region *region, uint64_t pc);
unsigned arm_disassemble(const struct guest_code *code, uint64_t pc, char *text, size_t size);

#endif
