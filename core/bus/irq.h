/* An interrupt line as a value: where a device's output goes. */
#ifndef CORE_BUS_IRQ_H
#define CORE_BUS_IRQ_H

#include <stdbool.h>

struct irq {
    void (*fn)(void *opaque, unsigned n, bool level); /* NULL: not connected */
    void *opaque;
    unsigned n;
};

/* Drives the line; the same level again is harmless. */
static inline void irq_set(const struct irq *irq, bool level)
{
    if (irq->fn) {
        irq->fn(irq->opaque, irq->n, level);
    }
}

#endif
