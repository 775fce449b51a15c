/* Where the CPU begins: vectors at their places in the ROM (MD00090, 6.2, with Status.BEV set), and the way from exceptions into C.
 *
 * The image runs in flash, through kseg0; its data is in RAM, near its start.
 */
    .set noreorder
    .set noat

#define STATUS $12
#define CAUSE $13
#define EPC $14
#define STATUS_BEV 0x00400000
#define FRAME 96 /* of an interrupt */

    .section .vectors, "ax"
    .global rom_vectors
rom_vectors:
    b   reset
    nop
    .org 0x10
    .word 0 /* the board shows its revision here */

    .org 0x200 /* TLB refill */
    b   exception
    nop
    .org 0x380 /* all others */
    mfc0 $k0, CAUSE
    andi $k0, $k0, 0x7c
    bnez $k0, exception
    nop
    b   interrupt
    nop
    .org 0x400

reset:
    li  $k0, STATUS_BEV
    mtc0 $k0, STATUS /* ERL off */
    mtc0 $zero, CAUSE
    ehb
    la  $t9, 1f
    jr  $t9
    nop
1:  la  $sp, rom_stack_end
    la  $t0, rom_bss_start
    la  $t1, rom_bss_end
2:  sw  $zero, 0($t0)
    addiu $t0, $t0, 4
    sltu $t2, $t0, $t1
    bnez $t2, 2b
    nop
    jal rom_main
    nop
    b   .
    nop

/* rom_exception(code, address of the instruction): never returns, but to the prompt. */
exception:
    mfc0 $a0, CAUSE
    ext $a0, $a0, 2, 5
    mfc0 $a1, EPC
    li  $k0, STATUS_BEV
    mtc0 $k0, STATUS /* EXL off */
    ehb
    la  $t9, rom_exception
    jr  $t9
    addiu $sp, $sp, -32

#define SAVED(op) \
    op $1, 16($sp); op $v0, 20($sp); op $v1, 24($sp); op $a0, 28($sp); op $a1, 32($sp); op $a2, 36($sp); op $a3, 40($sp); \
    op $t0, 44($sp); op $t1, 48($sp); op $t2, 52($sp); op $t3, 56($sp); op $t4, 60($sp); op $t5, 64($sp); op $t6, 68($sp); \
    op $t7, 72($sp); op $t8, 76($sp); op $t9, 80($sp); op $ra, 84($sp)

interrupt:
    addiu $sp, $sp, -FRAME
    SAVED(sw)
    mfhi $t0
    mflo $t1
    sw  $t0, 88($sp)
    sw  $t1, 92($sp)
    la  $t9, rom_interrupt
    jalr $t9
    nop
    lw  $t0, 88($sp)
    lw  $t1, 92($sp)
    mthi $t0
    mtlo $t1
    SAVED(lw)
    addiu $sp, $sp, FRAME
    eret

/* int rom_save(uint32_t *state): 0 now, and 1 when rom_restore(state) comes back here. */
#define KEPT(op) \
    op $s0, 0($a0); op $s1, 4($a0); op $s2, 8($a0); op $s3, 12($a0); op $s4, 16($a0); op $s5, 20($a0); op $s6, 24($a0); \
    op $s7, 28($a0); op $fp, 32($a0); op $sp, 36($a0); op $ra, 40($a0); op $gp, 44($a0)
    .global rom_save, rom_restore
rom_save:
    KEPT(sw)
    jr  $ra
    li  $v0, 0
rom_restore:
    KEPT(lw)
    jr  $ra
    li  $v0, 1

    .section .note.GNU-stack, "", %progbits
