/* Address translation (DDI 0406C B3): what the two table formats and their users share. */
#ifndef TARGETS_ARM_MMU_H
#define TARGETS_ARM_MMU_H

#include "targets/arm/cpu.h"

#include <stdbool.h>
#include <stdint.h>

enum arm_right { ARM_RIGHT_READ = 1, ARM_RIGHT_WRITE = 2, ARM_RIGHT_FETCH = 4 };

/* Memory faults in the manual's terms (B3.12); mmu.c encodes them for either format. */
enum arm_fault_type {
    ARM_FAULT_NONE,
    ARM_FAULT_ALIGNMENT,
    ARM_FAULT_TRANSLATION,
    ARM_FAULT_ACCESS_FLAG,
    ARM_FAULT_DOMAIN,
    ARM_FAULT_PERMISSION,
    ARM_FAULT_EXTERNAL,      /* of the access itself */
    ARM_FAULT_WALK_EXTERNAL, /* of the table walk */
    ARM_FAULT_DEBUG,
    ARM_FAULT_TYPES,
};

/* One translation. The walkers fill everything below the line. */
struct arm_lookup {
    uint32_t address;
    uint8_t need; /* enum arm_right of the access */
    bool privileged;
    /* ---- */
    uint8_t fault; /* enum arm_fault_type */
    uint8_t level; /* of the walk that faulted */
    uint8_t domain;
    uint8_t rights; /* enum arm_right bits at that privilege */
    uint8_t page_bits;
    uint8_t attributes; /* as a byte of MAIR0 or MAIR1 (B4.1.104) */
    uint8_t share;      /* SH<1:0> as in the long format */
    bool global;
    uint64_t physical;
    uint64_t tag; /* cpu_mapping.tag */
};

/* The walkers return false with fault, level and domain set. */
bool arm_walk_short(struct arm_cpu *cpu, struct arm_lookup *lookup); /* mmu_short.c */
bool arm_walk_long(struct arm_cpu *cpu, struct arm_lookup *lookup);  /* mmu_long.c */
/* guest_ops.still_maps() of either format, which also notes what is kept: arm_note_seen(). */
bool arm_still_short(struct arm_cpu *cpu, uint32_t address, uint64_t tag);
bool arm_still_long(struct arm_cpu *cpu, uint32_t address, uint64_t tag);

/* For TLB maintenance by address: a mapping of 2^bits bytes was handed out. */
void arm_note_seen(struct arm_cpu *cpu, uint32_t address, unsigned bits, bool global);

/* Reads a descriptor of 4 or 8 bytes; false if nothing answers there. */
bool arm_walk_read(struct arm_cpu *cpu, uint64_t physical, unsigned size, uint64_t *value);

/* Rights from AP<2:0> with AP<0> = 1 or of the model without access flag (B3.7.1), without
 * execution. */
uint8_t arm_ap_rights(unsigned ap, bool privileged);
/* With execution, from the never-execute bits that apply (B3.7.2). */
uint8_t arm_fetch_right(const struct arm_cpu *cpu, uint8_t rights, unsigned ap, bool privileged,
                        bool xn, bool pxn);

/* Translates by whatever is in force. Changes nothing that the guest sees. */
bool arm_translate_address(struct arm_cpu *cpu, struct arm_lookup *lookup);
/* DFSR or IFSR for a fault, in the format in force. */
uint32_t arm_fault_status(const struct arm_cpu *cpu, const struct arm_lookup *lookup,
                          enum cpu_access access);
/* Records the fault as the pending abort. */
void arm_abort(struct arm_cpu *cpu, const struct arm_lookup *lookup, enum cpu_access access);

#endif
