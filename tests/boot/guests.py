"""The machines that bench/run and tests/torture/run boot, and initial RAM disks of programs of our own for them."""
import glob
import gzip
from typing import NamedTuple

IMAGES = "/usr/lib/debian-installer/images/12/"


class Guest(NamedTuple):
    qemu: str      # the command line that knows `options`
    options: list
    kernel: str    # pattern of file names; "" if no Debian package has one
    console: str


GUESTS = {
    "arm": Guest("qemu-system-arm", ["-M", "virt", "-cpu", "cortex-a15"], IMAGES + "armhf/text/debian-installer/armhf/vmlinuz", "ttyAMA0"),
    "mipsel": Guest("qemu-system-mipsel -vga none -nic none", ["-M", "malta", "-cpu", "24Kf"], IMAGES + "mipsel/malta/vmlinuz-*-4kc-malta", "ttyS0"),
    "mips": Guest("qemu-system-mips -vga none -nic none", ["-M", "malta", "-cpu", "24Kf"], "", "ttyS0"),
}


def guest_options(name, kernel, initrd, arguments):
    """Options of either emulator; the first process gets `arguments`. `kernel` replaces Debian's."""
    guest = GUESTS[name]
    kernel = kernel or next(iter(glob.glob(guest.kernel)), guest.kernel)
    append = " ".join(["console=%s quiet rdinit=/init --" % guest.console, *arguments])
    return [*guest.options, "-m", "512", "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-append", append]


def cpio_entry(name, mode, data=b"", device=(0, 0), inode=1):
    """One member of a newc archive (Linux, Documentation/driver-api/early-userspace/buffer-format.rst)."""
    fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def write_initrd(path, files, directories=()):
    """`files` is {name in the guest: path here}; all are programs. /dev/console and /dev/null are there, too."""
    entries = [(name, 0o040755, b"", (0, 0)) for name in ("dev", *directories)]
    entries += [("dev/console", 0o020600, b"", (5, 1)), ("dev/null", 0o020666, b"", (1, 3))]
    with gzip.open(path, "wb", 1) as archive:
        for inode, entry in enumerate(entries, 1):
            archive.write(cpio_entry(*entry, inode))
        for inode, (name, source) in enumerate(files.items(), len(entries) + 1):
            with open(source, "rb") as file:
                archive.write(cpio_entry(name, 0o100755, file.read(), inode=inode))
        archive.write(cpio_entry("TRAILER!!!", 0))
