/* What the rest of the MIPS target uses of its front end. */
#ifndef TARGETS_MIPS_FRONTEND_H
#define TARGETS_MIPS_FRONTEND_H

#include "core/jit/guest.h"

#include <stddef.h>
#include <stdint.h>

struct mips_decoders;

/* The decode tables of one CPU (mips_cpu.decoders): mips_cpu_create() makes them,
 * mips_cpu_destroy() drops them. */
struct mips_decoders *mips_decoders_create(void);
void mips_decoders_destroy(struct mips_decoders *decoders);

/* guest_ops.translate and .disassemble. */
void mips_translate(struct guest_region *region, uint64_t pc);
unsigned mips_disassemble(const struct guest_code *code, uint64_t pc, char *text, size_t size);

#endif
