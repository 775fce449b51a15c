"""Debian's kernel and the installer's initrd boot to a shell that computes, reads devices and powers off."""
import hashlib
import time

from console import PROMPT, check, check_equal, main


def test(run):
    console = run.boot_kernel("console=ttyAMA0 rdinit=/bin/sh")
    console.expect("Booting Linux on physical CPU", 120)
    console.expect("Run /bin/sh as init process", 180)
    console.expect(PROMPT)
    check_equal(console.ask("echo $((6 * 7 * 1000003))"), "42000126\n~ #", "arithmetic")
    check("armv7l" in console.ask("uname -a"), "uname does not say armv7l")
    console.ask("mount -t devtmpfs dev /dev")
    zeros = hashlib.md5(bytes(3 << 20)).hexdigest()
    check(zeros in console.ask("head -c 3145728 /dev/zero | md5sum"), "md5sum of zeros is wrong")
    console.ask("mount -t proc proc /proc")
    check("ARMv7 Processor" in console.ask("cat /proc/cpuinfo"), "cpuinfo")
    console.ask("mount -t sysfs sysfs /sys")
    check("uart-pl011" in console.ask("cat /proc/interrupts"), "interrupts")
    check("arch_timer" in console.ask("cat /proc/interrupts"), "interrupts")
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
