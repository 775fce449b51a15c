"""Debian's kernel and the installer's initrd boot to a shell that computes, reads devices and powers off."""
import hashlib
import time

from console import PROMPT, check, check_equal, main

# Of each machine: what the kernel says first, and what is in the answers to commands.
MACHINES = {
    "virt": (["Booting Linux on physical CPU"],
             {"uname -a": ["armv7l"], "cat /proc/cpuinfo": ["ARMv7 Processor"],
              "cat /proc/interrupts": ["uart-pl011", "arch_timer"]}),
    "malta": (["Linux version", "MIPS: machine is mti,malta"],
              {"uname -m": ["mips"], "cat /proc/cpuinfo": ["MIPS Malta", "MIPS 24Kc", "FPU", "mips32r2"],
               "cat /proc/interrupts": ["XT-PIC   4  ttyS0", "MIPS   7  timer", "i8042"]}),
}


def test(run):
    greetings, answers = MACHINES[run.arguments.machine]
    console = run.boot_debian("rdinit=/bin/sh")
    for greeting in greetings:
        console.expect(greeting, 120)
    console.expect("Run /bin/sh as init process", 180)
    console.expect(PROMPT)
    check_equal(console.ask("echo $((6 * 7 * 1000003))"), "42000126\n~ #", "arithmetic")
    console.ask("mount -t devtmpfs dev /dev")
    zeros = hashlib.md5(bytes(3 << 20)).hexdigest()
    check(zeros in console.ask("head -c 3145728 /dev/zero | md5sum"), "md5sum of zeros is wrong")
    console.ask("mount -t proc proc /proc")
    console.ask("mount -t sysfs sysfs /sys")
    for command, parts in answers.items():
        answer = console.ask(command)
        for part in parts:
            check(part in answer, "%s: no %r" % (command, part))
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
