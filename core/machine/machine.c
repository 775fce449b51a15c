#include "core/machine/machine.h"

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/jit/guest.h"
#include "core/machine/post.h"
#include "core/machine/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* Counted instructions after which posted work is looked for at the latest. */
enum { SLICE_LIMIT = 100000 };
/* Real time that one of several CPUs runs before the next. */
enum { ROTATION_NS = 1000000 };

/* ---- what bus and scheduler tell the CPUs ---------------------------------------------------- */

static void map_changed(void *opaque)
{
    struct machine *machine = opaque;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        space_flush(machine->cpus[i], 0, 0);
    }
}

static void ram_written(void *opaque, const uint8_t *host, size_t size)
{
    struct machine *machine = opaque;
    jit_written(machine->jit, host, size);
}

/* From the alarm's thread in real time, from sched_arm() in counted time. */
static void deadline_near(void *opaque)
{
    struct machine *machine = opaque;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        cpu_kick(machine->cpus[i], CPU_POLL_EVENT);
    }
}

static uint64_t slice_pending(void *opaque)
{
    const struct machine *machine = opaque;
    return machine->running ? (uint64_t)(machine->slice - machine->running->budget) : 0;
}

/* ---- creation -------------------------------------------------------------------------------- */

static bool machine_reset(struct machine *machine, char *message, size_t message_size)
{
    machine->reset_pending = false;
    for (struct device *device = machine->devices; device; device = device->next) {
        if (device->ops->reset) {
            device->ops->reset(device);
        }
    }
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        struct cpu *cpu = machine->cpus[i];
        cpu->guest->reset(cpu);
    }
    return machine->config.describe_only || machine->board->boot(machine, message, message_size);
}

static bool engine_create(struct machine *machine, char *message, size_t message_size)
{
    CHECK(machine->cpu_count);
    const struct jit_config config = {
        .engine = machine->config.engine,
        .guest = machine->cpus[0]->guest,
        .host = machine->host,
        .counted = machine->config.counted || machine->config.count_insns,
        .log = &machine->config.log,
        .listener = machine->config.listener,
        .second_tier = machine->config.second_tier,
        .repeatable = machine->config.counted,
    };
    machine->jit = jit_create(&config, message, message_size);
    if (!machine->jit) {
        return false;
    }
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        jit_attach(machine->jit, machine->cpus[i]);
    }
    bus_on_change(machine->bus, map_changed, machine);
    bus_on_dma_write(machine->bus, ram_written, machine);
    return true;
}

/* All that may be refused. */
static bool machine_make(struct machine *machine, char *message, size_t message_size)
{
    machine->fault = MACHINE_FAULT_HOST;
    machine->sched = sched_create(machine->config.counted, machine->config.shift);
    if (!machine->sched) {
        snprintf(message, message_size,
                 "cannot set up the scheduler: no file descriptor left (see ulimit -n)");
        return false;
    }
    machine->fault = MACHINE_FAULT_REQUEST;
    if (!machine->board->create(machine, message, message_size)) {
        return false;
    }
    machine->fault = MACHINE_FAULT_HOST;
    if (!engine_create(machine, message, message_size)) {
        return false;
    }
    machine->fault = MACHINE_FAULT_IMAGE;
    return machine_reset(machine, message, message_size);
}

struct machine *machine_create(const struct board *board, const struct machine_config *config,
                               const struct host_ops *host, enum machine_fault *fault,
                               char *message, size_t message_size)
{
    struct machine *machine = calloc(1, sizeof(*machine));
    CHECK(machine);
    machine->board = board;
    machine->config = *config;
    machine->host = host;
    machine->random = config->seed;
    machine->posts = post_queue_create();
    machine->bus = bus_create(&machine->config.log);
    if (!machine_make(machine, message, message_size)) {
        if (fault) {
            *fault = machine->fault;
        }
        machine_destroy(machine);
        return NULL;
    }
    sched_set_pending(machine->sched, slice_pending, machine);
    sched_set_alarm(machine->sched, deadline_near, machine);
    return machine;
}

void machine_destroy(struct machine *machine)
{
    if (!machine) {
        return;
    }
    if (machine->sched) {
        sched_set_alarm(machine->sched, NULL, NULL);
    }
    for (struct device *device = machine->devices, *next; device; device = next) {
        next = device->next;
        if (device->ops->destroy) {
            device->ops->destroy(device);
        }
    }
    jit_destroy(machine->jit); /* while its CPUs are there */
    if (machine->board->destroy) {
        machine->board->destroy(machine);
    }
    sched_destroy(machine->sched);
    bus_destroy(machine->bus);
    post_queue_destroy(machine->posts);
    free(machine);
}

/* ---- the run loop ---------------------------------------------------------------------------- */

static bool runnable(struct cpu *cpu)
{
    if (cpu->stopped) {
        return false;
    }
    if (cpu->halted && cpu->guest->wake(cpu)) {
        cpu->halted = false;
    }
    return !cpu->halted;
}

/* The next CPU after `last` that has something to do; NULL if all wait. */
static struct cpu *next_cpu(struct machine *machine, unsigned last)
{
    for (unsigned i = 1; i <= machine->cpu_count; i++) {
        struct cpu *cpu = machine->cpus[(last + i) % machine->cpu_count];
        if (runnable(cpu)) {
            return cpu;
        }
    }
    return NULL;
}

static void run_slice(struct machine *machine, struct cpu *cpu)
{
    machine->slice =
        machine->config.counted ? sched_slice(machine->sched, SLICE_LIMIT) : CPU_BUDGET_MAX;
    cpu->budget = (int32_t)machine->slice;
    machine->running = cpu;
    jit_run(cpu);
    machine->running = NULL;
    uint64_t insns = (uint64_t)(machine->slice - cpu->budget);
    cpu->insns += insns;
    if (machine->config.counted) {
        sched_account(machine->sched, insns);
    }
}

/* Does nothing but end the slice of one of several CPUs: the alarm has kicked it. */
static void rotate(void *opaque, uint64_t late)
{
    (void)opaque;
    (void)late;
}

static void run_until_end(struct machine *machine)
{
    prctl(PR_SET_TIMERSLACK, 1L); /* sleeps end when they should, not 50 us later */
    struct sched_event rotation = {.name = "rotation", .fn = rotate};
    unsigned last = machine->cpu_count - 1;
    for (;;) {
        /* First the requests, then what they ask for: one that comes in between is seen next
         * time. */
        for (unsigned i = 0; i < machine->cpu_count; i++) {
            atomic_fetch_and(&machine->cpus[i]->poll, ~(uint32_t)(CPU_POLL_EVENT | CPU_POLL_STOP));
        }
        post_queue_run(machine->posts, machine);
        sched_run(machine->sched);
        if (atomic_load(&machine->end) != MACHINE_RUNNING) {
            break;
        }
        char message[512];
        if (machine->reset_pending && !machine_reset(machine, message, sizeof(message))) {
            fprintf(stderr, "ibird: after a reset: %s\n", message);
            machine_stop(machine, MACHINE_QUIT);
            break;
        }
        struct cpu *cpu = next_cpu(machine, last);
        if (!cpu) {
            sched_sleep(machine->sched);
            continue;
        }
        last = cpu->index;
        if (machine->cpu_count > 1 && !machine->config.counted && !rotation.armed) {
            sched_arm(machine->sched, &rotation, sched_now(machine->sched) + ROTATION_NS);
        }
        run_slice(machine, cpu);
    }
    sched_cancel(machine->sched, &rotation);
}

enum machine_end machine_run(struct machine *machine)
{
    if (machine->config.profile) {
        profile_begin(machine->config.profile, machine);
    }
    run_until_end(machine);
    if (machine->config.profile) {
        profile_end(machine->config.profile);
    }
    return machine->end;
}

void machine_post(struct machine *machine,
                  void (*fn)(struct machine *machine, void *opaque, const void *data, size_t size),
                  void *opaque, const void *data, size_t size)
{
    post_queue_add(machine->posts, fn, opaque, data, size);
    if (!machine->config.counted) {
        deadline_near(machine);
    }
    sched_wake(machine->sched);
}

uint64_t machine_hash(struct machine *machine)
{
    uint64_t hash = HASH_START;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        hash = machine->cpus[i]->guest->hash(machine->cpus[i], hash);
    }
    hash = bus_hash(machine->bus, hash);
    for (const struct device *device = machine->devices; device; device = device->next) {
        hash = fields_hash(device, device->ops->fields, device->ops->field_count, hash);
    }
    return hash;
}
