/*
 * hostile.s for malta: from each exception it goes on at a random place of random code, in a random mode and with registers
 * that point at devices and at the ends of RAM, with random entries in the TLB; PCI devices are given addresses, and virtio
 * ones a ring of random descriptors. Of either byte order; where GT-64120 has another one, its registers get nonsense.
 */
    .equ GT, 0xbbe00000
    .equ IO, 0xb8000000
    .equ RAM_REST, 0x80200000
    .equ RAM_END, 0x84000000
    .equ STATUS, 0x30008402 /* CU1, CU0, the timer and one more interrupt, EXL */
    .equ USER_CODE, 0x00400000
    .equ MASK_64K, 0x0001e000
    .equ PCI_FIRST, 10
    .equ PCI_LAST, 22

    .set noreorder
    .set noat
    .set mips32r2
    .global _start
_start:
    b fill
    nop

    /* Whatever IntCtl.VS says, an exception comes to a pair of these. */
    .balign 4096
vectors:
    .rept 512
    b again
    nop
    .endr

/* Code that runs into empty RAM shall come back: SYSCALL. */
fill:
    li $8, RAM_REST
    li $9, RAM_END
    li $10, 0xc
1:  sw $10, ($8)
    addiu $8, $8, 4
    bne $8, $9, 1b
    nop

    /* PCI: I/O and memory for each function, and the right to do everything. */
    li $8, GT
    li $9, PCI_FIRST << 11 | 0x80000000
next_function:
    srl $10, $9, 1
    andi $10, $10, 0xff80 /* 1 KB of I/O for each device, 128 bytes for each function */
    addiu $10, $10, 0x1001
    addiu $11, $9, 0x10
    sw $11, 0xcf8($8)
    sw $10, 0xcfc($8)
    addiu $11, $9, 0x20
    sw $11, 0xcf8($8)
    addiu $12, $10, 0x40
    sw $12, 0xcfc($8)
    li $12, 0x10000000
    sll $10, $10, 8
    addu $12, $12, $10
    addiu $11, $9, 0x14
    sw $11, 0xcf8($8)
    sw $12, 0xcfc($8)
    addiu $11, $9, 4
    sw $11, 0xcf8($8)
    li $12, 7
    sw $12, 0xcfc($8)
    addiu $9, $9, 0x100
    li $12, PCI_LAST << 11 | 0x80000000
    bne $9, $12, next_function
    nop

again:
    li $26, STATUS
    mtc0 $26, $12
    ehb
    la $26, vectors
    mtc0 $26, $15, 1
    ehb

    /* $8 = the next random number */
    la $9, counter
    lw $8, ($9)
    li $10, 1103515245
    mul $8, $8, $10
    addiu $8, $8, 12345
    sw $8, ($9)

    /* The timer, in 1 ms. */
    mfc0 $10, $9
    li $11, 100000
    addu $10, $10, $11
    mtc0 $10, $11

    /* The code at USER_CODE, and one random entry. */
    li $10, 1
    mtc0 $10, $6
    mtc0 $0, $0
    li $10, MASK_64K
    mtc0 $10, $5
    li $10, USER_CODE
    mtc0 $10, $10
    la $11, code
    ext $11, $11, 0, 29
    srl $11, $11, 6
    ori $11, $11, 0x1f
    mtc0 $11, $2
    addiu $11, $11, 0x400
    mtc0 $11, $3
    ehb
    tlbwi
    ext $9, $8, 8, 5
    sll $9, $9, 7
    la $26, registers
    addu $26, $26, $9
    lw $10, 0($26)
    mtc0 $10, $2
    lw $10, 4($26)
    mtc0 $10, $3
    lw $10, 8($26)
    mtc0 $10, $10
    ext $10, $8, 3, 4
    sll $10, $10, 13
    mtc0 $10, $5
    ehb
    tlbwr

    /* Now and then, a ring for each virtio device of the old layout. */
    ext $9, $8, 20, 4
    bnez $9, offered
    nop
    li $9, IO + 0x1000 + PCI_FIRST * 0x400
    li $10, IO + 0x1000 + PCI_LAST * 0x400
    la $11, ring
    ext $11, $11, 12, 17
    li $12, 7
1:  sb $0, 0x12($9)
    sh $0, 0xe($9)
    sw $11, 8($9)
    sb $12, 0x12($9)
    sh $0, 0x10($9)
    addiu $9, $9, 0x400
    bne $9, $10, 1b
    nop
offered:

    /* Where and how it goes on. In User Mode the code is at USER_CODE; bit 0 is MIPS16e. */
    la $9, modes
    ext $10, $8, 12, 3
    sll $10, $10, 2
    addu $9, $9, $10
    lw $9, ($9)
    la $10, code
    andi $11, $9, 0x10
    beqz $11, 1f
    nop
    li $10, USER_CODE
1:  ext $11, $8, 16, 14
    sll $11, $11, 2
    addu $10, $10, $11
    ext $11, $8, 30, 2
    sltiu $11, $11, 1
    addu $10, $10, $11
    mtc0 $10, $14
    mtc0 $10, $30
    mtc0 $9, $12
    ehb
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,27,28,29,30,31
    lw $\n, 4 * \n($26)
    .endr
    lw $26, 104($26)
    eret
    nop

    .balign 4
/* Status: EXL; modes, interrupts, floating-point registers, the DSP ASE. */
modes:
    .word STATUS | 1, STATUS | 0x11, STATUS | 0x11, STATUS, STATUS | 0x04000011, STATUS | 0x01000011, STATUS | 0x04000001, STATUS | 9
counter:
    .word SEED
    .balign 4096
registers:
    .incbin "registers.bin"
    .balign 4096
ring:
    .incbin "ring.bin"
    .balign 65536
    .balign 131072
code:
    .incbin "code.bin"
    .balign 131072
