"""Debian's mipsel kernel finds malta's PCI devices; the installer's modules for network, USB and virtio random numbers work.

It has none for IDE and virtio disks: test_malta_devices.py and test_malta_big.py are for these.
"""
import hashlib
import tempfile

from console import PROMPT, check, check_equal, main

# Vendor, device, class.
FUNCTIONS = {
    "0a.0": (0x8086, 0x7110, 0x060100),
    "0a.1": (0x8086, 0x7111, 0x010180),
    "0a.2": (0x8086, 0x7112, 0x0c0300),
    "0a.3": (0x8086, 0x7113, 0x068000),
    "0b.0": (0x1022, 0x2000, 0x020000),
    "12.0": (0x1af4, 0x1001, 0x010000),
    "13.0": (0x1af4, 0x1005, 0x00ff00),
}


def test(run):
    disk = tempfile.NamedTemporaryFile(suffix=".img")
    disk.truncate(8 << 20)
    console = run.boot_malta_kernel("console=ttyS0 rdinit=/bin/sh", "-drive", "file=%s,format=raw,if=none,id=d" % disk.name,
                                    "-device", "virtio-blk-pci,drive=d", "-device", "virtio-rng-pci")
    console.expect("Run /bin/sh as init process", 180)
    console.expect(PROMPT)
    ask = console.ask
    for command in ("mount -t devtmpfs dev /dev", "mount -t proc proc /proc", "mount -t sysfs sys /sys", "dmesg -n 1"):
        ask(command)
    for name, identity in FUNCTIONS.items():
        numbers = [ask("cat /sys/bus/pci/devices/0000:00:%s/%s" % (name, what)) for what in ("vendor", "device", "class")]
        check_equal(tuple(int(number.split()[0], 16) for number in numbers), identity, "the PCI function " + name)
    for module in ("virtio_pci", "virtio-rng", "pcnet32", "uhci-hcd"):
        check("loaded" in ask("modprobe %s && echo load''ed" % module), "modprobe " + module)
    check("virtio_rng" in ask("cat /sys/class/misc/hw_random/rng_current"), "no virtio random numbers")
    sums = [ask("head -c 1000 /dev/hwrng | md5sum") for _ in range(2)] + [hashlib.md5(bytes(1000)).hexdigest()]
    check(len({answer.split()[0] for answer in sums}) == 3, "random numbers are not: %s" % sums)
    check("eth0" in ask("cat /proc/net/dev"), "no PCnet")
    check("UHCI" in ask("cat /sys/bus/usb/devices/usb1/product"), "no USB controller")
    console.send("poweroff -f\r")
    check_equal(console.wait(30), 0, "exit status after power-off")


main(test)
