"""A big-endian kernel for malta, of scripts/make-guest-malta, boots without -M, takes commands and ends."""
import hashlib
import random
import re
import tempfile

from console import Console, Skip, check, check_equal, main, need

DISK_SIZE = 8 << 20
GUEST_PROMPT = re.compile(r"guest# $")


def test(run):
    directory = run.arguments.guest
    if not directory:
        raise Skip("no --guest DIRECTORY")
    kernel = directory + "/vmlinux"
    need(kernel, "scripts/make-guest-malta " + directory)
    content = random.Random(1).randbytes(DISK_SIZE)
    disk, disc, other = (tempfile.NamedTemporaryFile(suffix=".img") for _ in range(3))
    for image in (disk, disc, other):
        image.write(content)
        image.flush()
    board = [] if run.is_ours else ["-M", "malta", "-cpu", "24Kf"]
    console = run.console = Console([*run.emulator, *board, "-m", "256", "-nographic", "-kernel", kernel, "-initrd",
                                     directory + "/rootfs.cpio.gz", "-append", "console=ttyS0", "-drive",
                                     "file=%s,format=raw,index=0" % disk.name, "-drive",
                                     "file=%s,format=raw,index=2,media=cdrom" % disc.name, "-drive",
                                     "file=%s,format=raw,if=virtio" % other.name])
    console.expect("Linux version", 60)
    console.expect("PCI host bridge to bus 0000:00")
    console.expect("Run /init as init process", 120)
    console.expect("GUEST-READY mips")
    console.expect(GUEST_PROMPT)

    def ask(command):
        return console.ask(command, prompt=GUEST_PROMPT)

    ask("dmesg -n 1")
    check("42000126" in ask("echo $((6 * 7 * 1000003))"), "arithmetic")
    check("MIPS 24Kc" in ask("cat /proc/cpuinfo"), "cpuinfo")
    check("1.41421 2.71828" in ask("awk 'BEGIN { print sqrt(2), exp(1) }'"), "floating point")
    # "ABCD" as a number, by the order of its bytes.
    check("41424344" in ask("printf ABCD | hexdump -e '1/4 \"%08x\\n\"'"), "hexdump does not see a big-endian CPU")
    check("ttyS2" in ask("cat /proc/tty/driver/serial; ls /sys/class/tty | grep ttyS2"), "no CBUS UART")
    # A disk and a CD-ROM behind PIIX4, by DMA.
    check(hashlib.md5(content).hexdigest() in ask("md5sum /dev/sda"), "md5sum of the disk is wrong")
    check(hashlib.md5(content).hexdigest() in ask("md5sum /dev/sr0"), "md5sum of the CD-ROM is wrong")
    check(hashlib.md5(content).hexdigest() in ask("md5sum /dev/vda"), "md5sum of the virtio disk is wrong")
    ask("dd if=/dev/vda of=/dev/vda bs=64k count=4 seek=64 conv=fsync")
    check("pcnet32" in ask("dmesg | grep eth0"), "no PCnet")
    ask("dd if=/dev/sda of=/dev/sda bs=64k count=4 seek=64 conv=fsync")
    console.send("poweroff -f\r")
    check_equal(console.wait(30), 0, "exit status after power-off")
    for image in (disk, other):
        with open(image.name, "rb") as file:
            check(file.read() == content[:64 << 16] + content[:4 << 16] + content[68 << 16:], "a disk is not as the guest wrote it")


main(test)
