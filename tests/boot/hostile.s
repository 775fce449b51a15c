/*
 * A guest that does everything wrong: from each exception it goes on at a random place of random code, in a random mode and
 * with registers that point at devices and at the ends of RAM, and gives two virtio devices a ring of random descriptors.
 * A timer ends endless loops. test_hostile.py makes registers.bin, code.bin and ring.bin, and SEED.
 */
    .equ GICD, 0x08000000
    .equ GICC, 0x08010000
    .equ VIRTIO_LAST, 0x0a003e00
    .equ RAM_REST, 0x40100000
    .equ RAM_END, 0x44000000
    .equ UDF, 0xe7f000f0

    .syntax unified
    .arm
    .fpu neon
    .arch_extension sec
    .global _start
_start:
    b fill

    .balign 32
vectors:
    b again
    b again
    b again
    b again
    b again
    b again
    b again
    b again

/* Code that runs into empty RAM shall come back. */
fill:
    ldr r0, =RAM_REST
    ldr r1, =RAM_END
    ldr r2, =UDF
1:  str r2, [r0], #4
    cmp r0, r1
    blo 1b

again:
    mov r0, #0
    mcr p15, 0, r0, c1, c0, 0 /* SCTLR: no MMU, low vectors, A32 */
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0 /* VBAR */
    mrc p15, 0, r0, c1, c0, 2
    orr r0, r0, #0xf00000
    mcr p15, 0, r0, c1, c0, 2 /* CPACR */
    isb
    mov r0, #0x40000000
    vmsr fpexc, r0

    /* The virtual timer, in 1 ms. */
    ldr r0, =GICD
    mov r1, #1
    mvn r2, #0
    str r1, [r0]
    str r2, [r0, #0x100]
    ldr r0, =GICC
    mov r2, #0xff
    str r2, [r0, #4]
    str r1, [r0]
    ldr r2, [r0, #0xc]
    str r2, [r0, #0x10]
    ldr r2, =62500
    mcr p15, 0, r2, c14, c3, 0
    mcr p15, 0, r1, c14, c3, 1

    ldr r0, =VIRTIO_LAST
    bl offer_ring
    sub r0, r0, #0x200
    bl offer_ring

    /* r1 = the next random number */
    ldr r9, =counter
    ldr r1, [r9]
    ldr r2, =1103515245
    mul r1, r1, r2
    add r1, r1, #12288
    add r1, r1, #57
    str r1, [r9]

    ldr r2, =modes
    ubfx r3, r1, #12, #3
    ldr r2, [r2, r3, lsl #2]
    msr spsr_fsxc, r2
    ldr lr, =code
    ubfx r3, r1, #16, #14
    add lr, lr, r3, lsl #2
    ldr sp, =stack
    ldr r11, =registers
    ubfx r3, r1, #8, #6
    add r11, r11, r3, lsl #6
    ldmia r11, {r0-r12}
    movs pc, lr

/* r0: a virtio-mmio device. Both its registers' layouts, the old and the new, get the ring. */
offer_ring:
    ldr r2, =ring
    mov r1, #0
    str r1, [r0, #0x70] /* Status: reset */
    str r1, [r0, #0x30] /* QueueSel */
    mov r1, #3
    str r1, [r0, #0x70]
    mov r1, #1
    str r1, [r0, #0x24] /* DriverFeaturesSel */
    str r1, [r0, #0x20] /* VERSION_1 */
    mov r1, #11
    str r1, [r0, #0x70]
    mov r1, #4096
    str r1, [r0, #0x28] /* GuestPageSize */
    str r1, [r0, #0x3c] /* QueueAlign */
    mov r1, #16
    str r1, [r0, #0x38] /* QueueNum */
    lsr r1, r2, #12
    str r1, [r0, #0x40] /* QueuePFN */
    str r2, [r0, #0x80] /* QueueDesc, QueueDriver, QueueDevice */
    add r2, r2, #256
    str r2, [r0, #0x90]
    add r2, r2, #4096 - 256
    str r2, [r0, #0xa0]
    mov r1, #0
    str r1, [r0, #0x84]
    str r1, [r0, #0x94]
    str r1, [r0, #0xa4]
    mov r1, #1
    str r1, [r0, #0x44] /* QueueReady */
    mov r1, #15
    str r1, [r0, #0x70]
    mov r1, #0
    str r1, [r0, #0x50] /* QueueNotify */
    bx lr

    .ltorg
    .balign 4
modes:
    .word 0x13, 0x1f, 0x33, 0x10, 0x30, 0x53, 0x1d3, 0x13
counter:
    .word SEED

    .balign 64
    .space 1024
stack:
    .balign 4096
registers:
    .incbin "registers.bin"
    .balign 4096
ring:
    .incbin "ring.bin"
    .balign 4096
    .space 4096
code:
    .incbin "code.bin"
