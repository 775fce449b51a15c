#include "core/machine/device.h"

#include "core/base/check.h"
#include "core/machine/machine.h"

#include <sys/random.h>
#include <string.h>

void machine_add_device(struct machine *machine, struct device *device)
{
    struct device **link = &machine->devices;
    while (*link) {
        link = &(*link)->next;
    }
    device->machine = machine;
    device->next = NULL;
    *link = device;
}

void machine_add_cpu(struct machine *machine, struct cpu *cpu)
{
    CHECK(machine->cpu_count < CPU_MAX);
    cpu->index = machine->cpu_count;
    cpu->machine = machine;
    cpu->bus = machine->bus;
    cpu->sched = machine->sched;
    cpu->log = &machine->config.log;
    machine->cpus[machine->cpu_count++] = cpu;
}

static void kick_all(struct machine *machine, uint32_t why)
{
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        cpu_kick(machine->cpus[i], why);
    }
}

void machine_stop(struct machine *machine, enum machine_end why)
{
    enum machine_end running = MACHINE_RUNNING;
    atomic_compare_exchange_strong(&machine->end, &running, why);
    kick_all(machine, CPU_POLL_STOP);
    sched_wake(machine->sched);
}

void machine_power_off(struct machine *machine)
{
    machine_stop(machine, MACHINE_POWER_OFF);
}

void machine_exit(struct machine *machine, int code)
{
    machine->exit_code = code;
    machine_stop(machine, MACHINE_EXIT);
}

void machine_request_reset(struct machine *machine)
{
    if (machine->config.no_reboot) {
        machine_stop(machine, MACHINE_RESET);
        return;
    }
    machine->reset_pending = true;
    kick_all(machine, CPU_POLL_STOP);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void machine_random(struct machine *machine, void *buffer, size_t size)
{
    uint8_t *bytes = buffer;
    if (!machine->config.counted && !machine->config.seed) {
        while (size) {
            ssize_t got = getrandom(bytes, size, 0);
            if (got > 0) {
                bytes += got;
                size -= (size_t)got;
            }
        }
        return;
    }
    while (size) {
        uint64_t word = next_random(&machine->random);
        size_t piece = size < sizeof(word) ? size : sizeof(word);
        memcpy(bytes, &word, piece);
        bytes += piece;
        size -= piece;
    }
}
