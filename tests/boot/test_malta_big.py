"""A big-endian kernel for malta, of scripts/make-guest-malta, boots without -M, takes commands and ends."""
import re

from console import Console, Skip, check, check_equal, main, need
from devices import Devices

GUEST_PROMPT = re.compile(r"guest# $")


def test(run):
    directory = run.arguments.guest
    if not directory:
        raise Skip("no --guest DIRECTORY")
    kernel = directory + "/vmlinux"
    need(kernel, "scripts/make-guest-malta " + directory)
    devices = Devices()
    board = [] if run.is_ours else ["-M", "malta", "-cpu", "24Kf"]
    console = run.console = Console([*run.emulator, *board, "-m", "256", "-nographic", "-kernel", kernel, "-initrd",
                                     directory + "/rootfs.cpio.gz", "-append", "console=ttyS0", *devices.options])
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
    check("pcnet32" in ask("dmesg | grep eth0"), "no PCnet")
    devices.check(ask)
    console.send("poweroff -f\r")
    check_equal(console.wait(30), 0, "exit status after power-off")
    devices.check_images()


main(test)
