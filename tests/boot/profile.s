/* Spends about nine tenths of its time in `busy` and the rest in `less`, and turns the machine off. */
    .syntax unified
    .arm
    .global _start
_start:
    ldr r4, =12000
1:  bl busy
    bl less
    subs r4, r4, #1
    bne 1b
    ldr r0, =0x84000008 /* PSCI SYSTEM_OFF */
    hvc #0
    b .

    .macro function name, turns
    .type \name, %function
\name:
    ldr r1, =\turns
1:  subs r1, r1, #1
    bne 1b
    bx lr
    .size \name, . - \name
    .endm

    function busy, 90000
    function less, 10000
