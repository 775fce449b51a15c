/* For tests of devices in I/O space: a machine with a bus of ports, and a guest that writes and
 * reads at random. */
#ifndef TESTS_DEVICES_PORTS_H
#define TESTS_DEVICES_PORTS_H

#include "tests/devices/support.h"

struct ports_machine {
    struct machine *machine;
    struct bus *ports;
    struct line lines[4];
};

static inline void ports_machine_init(struct ports_machine *pm)
{
    pm->machine = fake_machine();
    pm->ports = bus_create(&pm->machine->config.log);
}

static inline void ports_machine_free(struct ports_machine *pm)
{
    fake_machine_free(pm->machine);
    bus_destroy(pm->ports);
}

static inline uint64_t in_wide(struct ports_machine *pm, uint64_t port, unsigned size)
{
    uint64_t value;
    assert_true(bus_read(pm->ports, port, size, &value));
    return value;
}

static inline uint8_t in(struct ports_machine *pm, uint64_t port)
{
    return (uint8_t)in_wide(pm, port, 1);
}

static inline void out(struct ports_machine *pm, uint64_t port, uint8_t value)
{
    assert_true(bus_write(pm->ports, port, 1, value));
}

static inline uint64_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *random >> 24;
}

/* Accesses of all sizes to these ports, with values that are small as often as not, and some time
 * in between. */
static inline void random_accesses(struct ports_machine *pm, const uint16_t *ports, unsigned count,
                                   unsigned rounds, uint64_t *random)
{
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t choice = next_random(random), value = next_random(random);
        uint64_t port = ports[choice % count];
        unsigned size = choice >> 8 & 7 ? 1 : 1 << (choice >> 11 & 3);
        if (choice >> 13 & 1) {
            bus_write(pm->ports, port, size, choice >> 14 & 1 ? value & 0x1f : value);
        } else {
            bus_read(pm->ports, port, size, &value);
        }
        if (!(choice >> 16 & 15)) {
            pass(pm->machine, value >> 4 & 0xfffff);
        }
        if (!(choice >> 20 & 0xfff)) {
            fake_machine_reset(pm->machine);
        }
    }
}

#endif
