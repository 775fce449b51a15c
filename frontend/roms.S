/* The ROMs that are built in (roms/). */
    .section .rodata
    .global frontend_rom_arm_virt, frontend_rom_arm_virt_end
frontend_rom_arm_virt:
    .incbin "roms/arm-virt.bin"
frontend_rom_arm_virt_end:

    .section .note.GNU-stack, "", %progbits
