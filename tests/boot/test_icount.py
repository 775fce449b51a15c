"""Two runs in counted time print the same bytes and end in the same state."""
import re
import subprocess

from console import INITRD, KERNEL, Failure, Skip, check, check_equal, main, need

SCRIPT = "mount -t proc proc /proc; cat /proc/uptime /proc/interrupts; head -c 99999 /dev/urandom | md5sum; poweroff -f"
SCRIPT_TIMEOUT = 600


def test(run):
    need(KERNEL, "debian-installer-12-netboot-armhf")
    if not run.is_ours:
        raise Skip("only ibird promises this")
    outputs = []
    for number in range(run.arguments.count or 2):
        result = subprocess.run(
            [*run.emulator, "-M", "virt", "-m", "256", "-nographic", "-icount", "shift=3", "--state-hash", "-kernel",
             KERNEL, "-initrd", INITRD, "-append", 'console=ttyAMA0 rdinit=/bin/sh -- -c "%s"' % SCRIPT],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=SCRIPT_TIMEOUT)
        if result.returncode:
            raise Failure("run %d ended with %d: %r %r" % (number, result.returncode, result.stdout[-2000:],
                                                        result.stderr[-500:]))
        found = re.search(rb"state hash ([0-9a-f]{16})", result.stderr)
        check(found, "no state hash")
        outputs.append((result.stdout, found.group(1)))
    check(b"reboot: Power down" in outputs[0][0], "the guest did not power down")
    for output in outputs[1:]:
        check(output[0] == outputs[0][0], "the consoles differ: %s" % first_difference(outputs[0][0], output[0]))
        check_equal(output[1], outputs[0][1], "state hash")


def first_difference(one, two):
    at = next((i for i in range(min(len(one), len(two))) if one[i] != two[i]), min(len(one), len(two)))
    return "at byte %d: %r and %r" % (at, one[max(0, at - 60):at + 60], two[max(0, at - 60):at + 60])


main(test)
