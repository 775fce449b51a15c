/* A machine: bus, scheduler, CPUs, devices; and the table of boards. No globals: two machines can
 * live in one process. */
#ifndef CORE_MACHINE_MACHINE_H
#define CORE_MACHINE_MACHINE_H

#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/io/block.h"
#include "core/io/char.h"
#include "core/jit/jit.h"
#include "core/machine/device.h"
#include "core/sched/sched.h"

/* How a run ended. */
enum machine_end {
    MACHINE_RUNNING,
    MACHINE_POWER_OFF, /* the guest powered off */
    MACHINE_RESET,     /* the guest asked for a reset (only with no_reboot, else it happens) */
    MACHINE_EXIT,      /* the guest ended with a code (semihosting) */
    MACHINE_QUIT,      /* the user ended it */
    MACHINE_TIME_LIMIT,
};

/* Why a machine could not be made. */
enum machine_fault {
    MACHINE_FAULT_REQUEST, /* it was asked for what the board cannot have */
    MACHINE_FAULT_IMAGE,   /* a kernel, firmware, device tree or disk cannot be started from */
    MACHINE_FAULT_HOST,    /* the host lacks memory, descriptors or CPU features */
};

enum { MACHINE_MAX_DRIVES = 32, MACHINE_MAX_SERIALS = 4, MACHINE_MAX_DEVICES = 64 };

/* What the loader read of a file; owned by the frontend until the machine is gone. */
struct machine_blob {
    uint8_t *data;
    size_t size;
    const char *name; /* for messages */
};

/* A kernel as recognised by the frontend's loaders. */
enum kernel_kind {
    KERNEL_NONE,
    KERNEL_ZIMAGE,
    KERNEL_UIMAGE,
    KERNEL_IMAGE,
    KERNEL_ELF,
    KERNEL_RAW
};

struct kernel_segment {
    uint64_t address;    /* physical; for relative kinds the offset from the board's choice */
    const uint8_t *data; /* borrowed from a blob */
    uint64_t file_size, memory_size; /* the rest is zeroed */
};

struct kernel_image {
    enum kernel_kind kind;
    uint16_t elf_machine; /* EM_ARM, EM_MIPS ..; 0 if the format does not say */
    bool big_endian;
    bool relocatable; /* addresses are relative to where the board puts it */
    uint64_t entry;
    uint64_t size_in_memory; /* from its start, bss and self-decompression room included if known */
    struct kernel_segment segments[16];
    unsigned segment_count;
};

/* Devices asked for with -device and -drive, in order. */
struct device_request {
    const char *driver;           /* "virtio-blk-device" .. */
    const char *options;          /* rest of the option text, "" if none */
    struct block_disk *disk;      /* of drive=ID or if=virtio; NULL if none */
    struct char_channel *channel; /* of chardev= ; NULL if none */
};

struct machine_config {
    const char *cpu;           /* NULL: the board's default */
    const char *board_options; /* after the board's name in -M, "highmem=off,..."; "" if none */
    uint64_t ram_size;         /* bytes */
    unsigned cpus;
    const struct kernel_image *kernel;                 /* NULL if none */
    const struct machine_blob *initrd, *dtb, *bios;    /* NULL if none */
    const char *append;                                /* "" if none */
    struct char_channel *serials[MACHINE_MAX_SERIALS]; /* NULL: not connected */
    struct device_request devices[MACHINE_MAX_DEVICES];
    unsigned device_count;
    struct block_disk *flash[2]; /* -drive if=pflash, by unit */
    enum jit_engine engine;
    bool second_tier; /* optimise hot code on a thread of its own (core/jit/jit.h) */
    bool counted;
    bool count_insns; /* count them in real time too, for statistics */
    unsigned shift;   /* ns per instruction = 1 << shift in counted time */
    bool no_reboot;
    bool describe_only; /* nothing is to be started: only board.device_tree() is wanted */
    uint64_t seed;      /* for rng-seed and virtio-rng; 0: from the host */
    struct log log;
    struct profile *profile;             /* samples the run; NULL: none */
    const struct jit_listener *listener; /* NULL: none */
};

struct board {
    const char *name;
    const char *description;
    const char *default_cpu;
    const char *const *cpus; /* NULL-terminated names */
    uint64_t default_ram, min_ram, max_ram;
    unsigned max_cpus;
    const char *const *devices; /* -device drivers it can take, NULL-terminated */
    uint16_t elf_machine;
    /* Builds everything onto the machine. On failure returns false with "what, why, what to
     * try". */
    bool (*create)(struct machine *machine, char *message, size_t message_size);
    /* Loads the boot images and sets the CPUs to their first instruction; also after each reset. */
    bool (*boot)(struct machine *machine, char *message, size_t message_size);
    void (*destroy)(struct machine *machine);
    /* The device tree this board gives to its guest; malloc'd. NULL if it has none. */
    void *(*device_tree)(struct machine *machine, size_t *size);
    /* Presses the power key, on the machine's thread. NULL if the board has none. */
    void (*power_key)(struct machine *machine);
};

struct machine {
    const struct board *board;
    struct machine_config config;
    struct bus *bus;
    struct sched *sched;
    struct jit *jit;
    struct cpu *cpus[CPU_MAX];
    unsigned cpu_count;
    struct device *devices;       /* in order of creation */
    void *board_state;            /* the board's own */
    _Atomic enum machine_end end; /* set once, by any thread: machine_stop() */
    int exit_code;                /* for MACHINE_EXIT */
    bool reset_pending;
    enum machine_fault fault; /* while it is made: what a refusal will have been */
    struct post_queue *posts; /* see machine_post() */
    uint64_t random;          /* state of machine_random()'s generator */
    const struct host_ops *host;
    int64_t slice;       /* counted: what the running CPU's budget began with */
    struct cpu *running; /* the CPU in a slice, NULL between slices */
};

/* Creates a machine with this board; takes a copy of config (what it points to is borrowed until
 * destroy). NULL with a message on failure, and why (if `fault` is not NULL). */
struct machine *machine_create(const struct board *board, const struct machine_config *config,
                               const struct host_ops *host, enum machine_fault *fault,
                               char *message, size_t message_size);
void machine_destroy(struct machine *machine);

/* Runs on the calling thread until the machine ends. */
enum machine_end machine_run(struct machine *machine);

/* From the machine's thread (devices, helpers): */
void machine_add_device(struct machine *machine, struct device *device);
void machine_add_cpu(struct machine *machine, struct cpu *cpu);
void machine_power_off(struct machine *machine);
void machine_request_reset(struct machine *machine);
void machine_exit(struct machine *machine, int code);

/* From any thread: runs fn on the machine's thread soon (input bytes, quit requests). Copies `size`
 * bytes of `data` for it. In counted time that is at the next slice end. */
void machine_post(struct machine *machine,
                  void (*fn)(struct machine *machine, void *opaque, const void *data, size_t size),
                  void *opaque, const void *data, size_t size);
/* From any thread: ends the run with this reason. */
void machine_stop(struct machine *machine, enum machine_end why);

/* Random bytes for the guest: the host's, or in counted time and with config.seed a sequence that
 * repeats. */
void machine_random(struct machine *machine, void *buffer, size_t size);

/* FNV-1a 64 of CPUs, RAM and device fields. */
uint64_t machine_hash(struct machine *machine);

#endif
