/* The ROMs that are built in (roms/). */
    .section .rodata
    .global frontend_rom_arm_virt, frontend_rom_arm_virt_end
    .global frontend_rom_malta, frontend_rom_malta_end
frontend_rom_arm_virt:
    .incbin "roms/arm-virt.bin"
frontend_rom_arm_virt_end:
frontend_rom_malta:
    .incbin "roms/malta.bin"
frontend_rom_malta_end:

    .section .note.GNU-stack, "", %progbits
