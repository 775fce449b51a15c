/* Where the CPU begins: vectors, stacks, and the way from exceptions into C.
 *
 * The image runs in flash at 0. Its data is in RAM, above what the board puts at RAM's start (the device tree).
 */
    .syntax unified
    .arch armv7-a
    .arch_extension virt
    .arm

#define MODE_ABT 0x17
#define MODE_UND 0x1b
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MASKED 0xc0 /* CPSR.I and .F */

    .section .vectors, "ax"
    .global rom_vectors
rom_vectors:
    b   reset
    b   undefined
    b   supervisor_call
    b   prefetch_abort
    b   data_abort
    b   . /* not used */
    b   interrupt
    b   interrupt

    .text
reset:
    ldr r0, =rom_stacks_end
    cps #MODE_IRQ
    mov sp, r0
    sub r0, r0, #0x1000
    cps #MODE_ABT
    mov sp, r0
    sub r0, r0, #0x1000
    cps #MODE_UND
    mov sp, r0
    sub r0, r0, #0x1000
    cps #MODE_SVC
    mov sp, r0
    ldr r0, =rom_bss_start
    ldr r1, =rom_bss_end
    mov r2, #0
1:  cmp r0, r1
    strlo r2, [r0], #4
    blo 1b
    bl  rom_main
    b   .

/* rom_exception(kind, address of the instruction): never returns, but to the prompt. r1 as in the ARM
 * Architecture Reference Manual, B1.8.3: what LR holds beyond the instruction. */
undefined:
    sub r1, lr, #4
    mov r0, #1
    b   1f
supervisor_call:
    sub r1, lr, #4
    mov r0, #2
    b   1f
prefetch_abort:
    sub r1, lr, #4
    mov r0, #3
    b   1f
data_abort:
    sub r1, lr, #8
    mov r0, #4
1:  cps #MODE_SVC
    bl  rom_exception

interrupt:
    sub lr, lr, #4
    push {r0-r3, r12, lr}
    bl  rom_interrupt
    ldm sp!, {r0-r3, r12, pc}^

/* int rom_save(uint32_t *state): 0 now, and 1 when rom_restore(state) comes back here. */
    .global rom_save, rom_restore
rom_save:
    stm r0, {r4-r11, sp, lr}
    mov r0, #0
    bx  lr
rom_restore:
    ldm r0, {r4-r11, sp, lr}
    mov r0, #1
    bx  lr

/* void rom_psci(uint32_t function): ARM DEN 0022, conduit HVC. */
    .global rom_psci
rom_psci:
    push {r4, lr}
    hvc #0
    pop {r4, pc}

    .section .note.GNU-stack, "", %progbits
