/* Bus master of PCI IDE controllers (Programming Interface for Bus Master IDE Controller, SFF-8038i
 * revision 1.0): two engines that walk tables of memory regions. */
#ifndef DEVICES_IDE_BUSMASTER_H
#define DEVICES_IDE_BUSMASTER_H

#include "core/machine/regs.h"
#include "devices/ide/ide.h"
#include "devices/pci/pci.h"

enum { IDE_BUSMASTER_SIZE = 16 };

struct ide_engine {
    struct pci_function *function;
    struct ide_channel *channel;
    struct reg_block regs;
    uint32_t command, status, table;
    uint32_t next;          /* entry of the table */
    uint32_t address, left; /* of the region in progress */
    bool last;              /* region of the table */
    bool started;           /* what `command` was before */
};

/* Part of a controller's state. Its registers are a window of IDE_BUSMASTER_SIZE bytes. */
struct ide_busmaster {
    struct ide_engine engines[2];
};
#define IDE_ENGINE_FIELDS(type, base)                                                              \
    FIELD(type, base.command, FIELD_U32), FIELD(type, base.status, FIELD_U32),                     \
        FIELD(type, base.table, FIELD_U32), FIELD(type, base.next, FIELD_U32),                     \
        FIELD(type, base.address, FIELD_U32), FIELD(type, base.left, FIELD_U32),                   \
        FIELD(type, base.last, FIELD_BOOL), FIELD(type, base.started, FIELD_BOOL)
#define IDE_BUSMASTER_FIELDS(type, base)                                                           \
    IDE_ENGINE_FIELDS(type, base.engines[0]), IDE_ENGINE_FIELDS(type, base.engines[1])

void ide_busmaster_init(struct ide_busmaster *master, struct pci_function *function,
                        struct ide_channel *const channels[2], const struct log *log);
void ide_busmaster_reset(struct ide_busmaster *master);

extern const struct mmio_ops ide_busmaster_ops; /* opaque: struct ide_busmaster */

#endif
