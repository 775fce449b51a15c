"""A Debian system from a disk (scripts/make-rootfs) comes up to a login, and its programs compute what they should.

--disk ide-hd makes it an IDE disk (malta); without it, it is a virtio disk. --count N gives stress-ng N operations for each
method; without it, each method runs a few.
"""
from console import check, check_equal, main

PROGRAM = r"""
#include <stdio.h>
int main(void) { unsigned long long h = 1469598103934665603ull; double s = 0;
for (int i = 1; i < 1000000; i++) { h = (h ^ (i & 255)) * 1099511628211ull; s += 1.0 / i / i; }
printf("%016llx %.15f\n", h, s); return 0; }
"""


def test(run):
    console = run.boot_rootfs()
    ask = console.ask_rootfs
    is_ide = (run.arguments.disk or "").startswith("ide")
    check_equal(ask("findmnt -no SOURCE /"), "/dev/sda" if is_ide else "/dev/vda", "the disk of the root file system")
    ask("cat >x.c <<'END'\n" + PROGRAM.strip() + "\nEND")
    outputs = {ask("gcc -O%d x.c -o x && ./x" % level) for level in (0, 2)}
    check(len(outputs) == 1, "gcc -O0 and -O2 disagree: %r" % outputs)
    expected = 1469598103934665603
    total = 0.0
    for i in range(1, 1000000):
        expected = (expected ^ i & 255) * 1099511628211 % 2**64
        total += 1.0 / i / i
    check_equal(outputs.pop(), "%016x %.15f" % (expected, total), "a compiled program")
    check_equal(ask("python3 -c 'import hashlib,math; print(hashlib.sha256(b\"x\" * 1000000).hexdigest()[:16], math.factorial(200) % 1000003, sum(math.sin(i) for i in range(1000)))'"),
                python_result(), "python3")
    digest = ask("head -c 1000000 /dev/zero | openssl dgst -sha256 -r | cut -c1-16")
    check_equal(digest, "d29751f2649b32ff", "openssl")
    check("sign/s" in ask("openssl speed -seconds 1 rsa2048 2>/dev/null"), "openssl speed")
    check_equal(ask("sqlite3 :memory: \"with recursive n(i) as (select 1 union all select i+1 from n where i<200000) "
                    "select sum(i*i%97), count(*), avg(i) from n\""), sql_result(), "sqlite3")
    report = ask("stress-ng --cpu 1 --verify --cpu-method all --cpu-ops %d 2>&1" % (run.arguments.count or 80), 3600)
    check("successful run completed" in report, "stress-ng: %s" % report)
    console.send("poweroff\r")
    check_equal(console.wait(300), 0, "exit status after power-off")


def python_result():
    import hashlib
    import math
    return "%s %d %s" % (hashlib.sha256(b"x" * 1000000).hexdigest()[:16], math.factorial(200) % 1000003,
                         sum(math.sin(i) for i in range(1000)))


def sql_result():
    return "%d|200000|100000.5" % sum(i * i % 97 for i in range(1, 200001))


main(test)
