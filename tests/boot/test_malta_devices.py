"""Debian's kernel for malta reads and writes IDE disks, a CD-ROM and virtio devices on PCI (--rootfs of scripts/make-rootfs)."""
import re

from console import check, check_equal, main
from devices import Devices

GUEST_PROMPT = re.compile(r"guest# $")


def test(run):
    devices = Devices()
    console = run.start_rootfs("quiet init=/bin/sh", *devices.options)
    console.expect("# ", 120)

    def ask(command):
        return console.ask(command, prompt=GUEST_PROMPT)

    ask("PS1='guest# '")
    ask("export PATH=/usr/sbin:/usr/bin; mount -t proc proc /proc; mount -t sysfs sys /sys")
    ask("modprobe -a sr_mod virtio_rng virtio_console pcnet32 uhci_hcd; dmesg -n 1")
    devices.check(ask)
    modes = ask("cat /sys/class/ata_device/dev*/dma_mode")
    check_equal(modes.count("XFER_UDMA_2"), 3, "drives with Ultra DMA 33")
    check("eth0" in ask("ls /sys/class/net"), "no PCnet")
    check("UHCI" in ask("cat /sys/bus/usb/devices/usb1/product"), "no USB controller")
    console.send("sync; busybox poweroff -f\r")
    check_equal(console.wait(60), 0, "exit status after power-off")
    devices.check_images()


main(test)
