"""Debian's U-Boot reaches its prompt, shows and changes memory, finds a virtio disk and boots a kernel from it."""
import os
import re
import tempfile

from console import INITRD, KERNEL, PROMPT, UBOOT, check, main, make_ext4, need

UBOOT_PROMPT = re.compile(r"=> $")


def test(run):
    need(UBOOT, "u-boot-qemu")
    need(KERNEL, "debian-installer-12-netboot-armhf")
    with tempfile.TemporaryDirectory() as directory:
        for name, source in (("vmlinuz", KERNEL), ("initrd.gz", INITRD)):
            with open(source, "rb") as file, open(os.path.join(directory, name), "wb") as copy:
                copy.write(file.read())
        disk = make_ext4(directory, 64)
    console = run.boot("-m", "512", "-bios", UBOOT, "-drive", "file=%s,if=none,format=raw,id=hd0" % disk.name,
                       "-device", "virtio-blk-device,drive=hd0")
    console.expect("U-Boot 2023.01", 30)
    console.expect("DRAM:  512 MiB")
    console.expect("Hit any key to stop autoboot", 60)
    console.send(" ")
    console.expect(UBOOT_PROMPT, 60)

    def ask(command, timeout=60):
        return console.ask(command, timeout, UBOOT_PROMPT)

    check("U-Boot 2023.01" in ask("version"), "version")
    check("0x40000000" in ask("bdinfo"), "bdinfo does not show the memory")
    ask("mw.l 0x41000000 0x600df00d 4")
    check(ask("md.l 0x41000000 4").count("600df00d") == 4, "md does not show what mw wrote")
    ask("virtio scan")
    check("VirtIO Block Device" in ask("virtio info"), "virtio info does not show the disk")
    listing = ask("ext4ls virtio 0")
    check("vmlinuz" in listing and "initrd.gz" in listing, "ext4ls does not list the files")
    ask("ext4load virtio 0 ${kernel_addr_r} vmlinuz", 120)
    ask("ext4load virtio 0 ${ramdisk_addr_r} initrd.gz", 300)
    ask("setenv bootargs console=ttyAMA0 rdinit=/bin/sh")
    console.send("bootz ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr}\r")
    console.expect("Starting kernel", 120)
    console.expect("Booting Linux on physical CPU", 120)
    console.expect("Run /bin/sh as init process", 180)
    console.expect(PROMPT)
    check("armv7l" in console.ask("uname -a"), "uname does not say armv7l")


main(test)
