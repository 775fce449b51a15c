"""Mixed load in a Debian guest for --count minutes (30): compiling, Python, stress-ng --verify, all at once.

Each round's results must be what the first round's were, stress-ng must verify all that it computes, and the emulator's
memory must stay bounded.
"""
import re
import time

from console import ROOTFS_MEGABYTES, check, check_equal, main

# What an emulator may take beyond the guest's memory: code buffer, tables, side tables.
EXTRA_MEGABYTES = 768
SCRIPTS = {
    "compile": r"""
i=0
while [ ! -e end ]; do
 i=$((i+1))
 { echo '#include <stdio.h>'; n=0
   while [ $n -lt 60 ]; do n=$((n+1)); echo "unsigned f$n(unsigned x) { unsigned s = x; for (unsigned i = 0; i < x % 97; i++) s = s * $((n * 2 + 1)) + (s >> 5) + i / ($n + 1); return s; }"; done
   echo 'int main(void) { unsigned s = 1;'; n=0
   while [ $n -lt 60 ]; do n=$((n+1)); echo "s += f$n(s);"; done
   echo 'printf("%u", s); return 0; }'; } >g.c
 gcc -O$((i % 3)) g.c -o g && ./g >g.out || echo BAD gcc
 [ $i -gt 1 ] || cp g.out g.first
 cmp -s g.out g.first || echo BAD output of compiled program
 echo $i >compile.count
done""",
    "python": r"""
cat >p.py <<'EOP'
import decimal, fractions, hashlib, json, random, re, threading, zlib
random.seed(7)
data = [{"k%d" % i: [random.random(), str(random.getrandbits(200)), None]} for i in range(3000)]
text = json.dumps(data, sort_keys=True)
assert json.loads(text) == data
packed = zlib.compress(text.encode(), 9)
assert zlib.decompress(packed).decode() == text
results = []
def work(seed):
    r = random.Random(seed)
    results.append(sum(sorted(r.random() for _ in range(20000))[::7]))
threads = [threading.Thread(target=work, args=(s,)) for s in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
decimal.getcontext().prec = 200
print(hashlib.sha512(text.encode()).hexdigest()[:24], len(packed), len(re.findall("[0-9]{7,}", text)), sorted(results),
      decimal.Decimal(2).sqrt(), sum(fractions.Fraction(1, n) for n in range(1, 300)))
EOP
i=0
while [ ! -e end ]; do
 i=$((i+1))
 python3 p.py >p.out || echo BAD python
 [ $i -gt 1 ] || cp p.out p.first
 cmp -s p.out p.first || echo BAD output of python
 echo $i >python.count
done""",
    "stress": r"""
i=0
while [ ! -e end ]; do
 i=$((i+1))
 stress-ng --cpu 1 --cpu-method all --vm 1 --vm-bytes 64M --pipe 1 --fork 1 --verify --timeout 60 >s.out 2>&1 || { echo BAD stress-ng; tail -5 s.out; }
 echo $i >stress.count
done""",
}


def resident(pid):
    with open("/proc/%d/status" % pid) as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) // 1024


def test(run):
    minutes = run.arguments.count or 30
    console = run.boot_rootfs()
    ask = console.ask_rootfs
    ask("set +m; mkdir /tmp/soak; cd /tmp/soak")
    for name, script in SCRIPTS.items():
        ask("cat >%s.sh <<'END'%s\nEND" % (name, script))
        ask("sh %s.sh >%s.log 2>&1 &" % (name, name))
    start = time.monotonic()
    for minute in range(minutes):
        console.watch(start + 60 * (minute + 1) - time.monotonic())
        size = resident(console.process.pid)
        print("minute %d: %d MB" % (minute + 1, size), flush=True)
        check(size < ROOTFS_MEGABYTES + EXTRA_MEGABYTES, "the emulator takes %d MB" % size)
        check_equal(ask("grep -h BAD *.log"), "", "after %d minutes" % (minute + 1))
    ask("touch end; wait", 1800)
    print("rounds:", ask("cat compile.count python.count stress.count").split())
    check_equal(ask("cat *.log; dmesg -l emerg,alert,crit"), "", "at the end")
    console.send("poweroff\r")
    check_equal(console.wait(300), 0, "exit status after power-off")


main(test)
