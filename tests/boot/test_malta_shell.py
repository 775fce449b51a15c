"""Debian's mipsel kernel and the installer's initrd boot on malta to a shell that computes, reads devices and ends."""
import hashlib
import time

from console import PROMPT, check, check_equal, main


def test(run):
    console = run.boot_malta_kernel("console=ttyS0 rdinit=/bin/sh")
    console.expect("Linux version", 120)
    console.expect("MIPS: machine is mti,malta")
    console.expect("Run /bin/sh as init process", 180)
    console.expect(PROMPT)
    check_equal(console.ask("echo $((6 * 7 * 1000003))"), "42000126\n~ #", "arithmetic")
    check("mips" in console.ask("uname -m"), "uname does not say mips")
    console.ask("mount -t devtmpfs dev /dev")
    zeros = hashlib.md5(bytes(3 << 20)).hexdigest()
    check(zeros in console.ask("head -c 3145728 /dev/zero | md5sum"), "md5sum of zeros is wrong")
    console.ask("mount -t proc proc /proc")
    cpuinfo = console.ask("cat /proc/cpuinfo")
    for part in ("MIPS Malta", "MIPS 24Kc", "FPU", "mips32r2"):
        check(part in cpuinfo, "cpuinfo has no %r" % part)
    interrupts = console.ask("cat /proc/interrupts")
    for part in ("XT-PIC   4  ttyS0", "MIPS   7  timer", "i8042"):
        check(part in interrupts, "interrupts have no %r" % part)
    before = float(console.ask("cut -d' ' -f1 /proc/uptime").split()[0])
    console.ask("sleep 2")
    after = float(console.ask("cut -d' ' -f1 /proc/uptime").split()[0])
    check(1.9 < after - before < 20, "sleep 2 took %f s of the guest's time" % (after - before))
    # Typed faster than a UART takes it.
    text = "0123456789abcdef" * 40
    console.send("cat | wc -c\r")
    console.expect("wc -c\n")
    time.sleep(1)  # the shell drops what is typed before it has started them
    console.send(text + "\r\x04")
    console.expect("\n641\n")
    console.expect(PROMPT)
    console.send("poweroff -f\r")
    check_equal(console.wait(30), 0, "exit status after power-off")


main(test)
