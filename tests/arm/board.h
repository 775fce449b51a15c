/* Machines of the `virt` board with a few words of code as their kernel. */
#ifndef TESTS_ARM_BOARD_H
#define TESTS_ARM_BOARD_H

#include "core/machine/machine.h"
#include "host/x86_64/host.h"
#include "targets/arm/boards/boards.h"
#include "targets/arm/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct board_setup {
    struct machine_config config;
    struct kernel_image kernel;
    char message[512];
};

/* 64 MiB, the given code as a raw kernel. */
static inline void board_setup(struct board_setup *setup, const uint32_t *code, size_t size)
{
    memset(setup, 0, sizeof(*setup));
    setup->kernel = (struct kernel_image){
        .kind = KERNEL_RAW,
        .relocatable = true,
        .size_in_memory = size,
        .segments = {{0, (const uint8_t *)code, size, size}},
        .segment_count = 1,
    };
    setup->config = (struct machine_config){
        .board_options = "",
        .ram_size = 64 << 20,
        .cpus = 1,
        .kernel = &setup->kernel,
        .append = "",
        .log = {.file = stderr},
    };
}

static inline struct machine *board_make(struct board_setup *setup)
{
    return machine_create(&arm_virt_board, &setup->config, &x64_host_ops, NULL, setup->message,
                          sizeof(setup->message));
}

#endif
