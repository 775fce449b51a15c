"""Boots again and again; every boot must end the same way. --count says how often."""
from console import PROMPT, check, check_equal, main


def test(run):
    count = run.arguments.count or 3
    for number in range(count):
        with run.boot_kernel("console=ttyAMA0 rdinit=/bin/sh", memory=256) as console:
            console.expect("Run /bin/sh as init process", 180)
            console.expect(PROMPT)
            check("armv7l" in console.ask("uname -m"), "boot %d: uname" % number)
            console.send("poweroff -f\r")
            check_equal(console.wait(60), 0, "boot %d: exit status" % number)
        if count > 5:
            print("boot %d of %d: good" % (number + 1, count), flush=True)


main(test)
