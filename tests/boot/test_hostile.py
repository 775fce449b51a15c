"""Guests that do everything wrong (hostile.s). --count says how many; whatever they do, only the time limit ends them."""
import os
import random
import shutil
import struct
import subprocess
import tempfile

from console import Skip, check, main

ASSEMBLER, LINKER = "arm-linux-gnueabihf-as", "arm-linux-gnueabihf-ld"
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile.s")
CODE_WORDS = 1 << 14
# Devices of the board, the ends of its flash and RAM (64 MB), and addresses that wrap.
PLACES = [0, 0x1000, 0x04000000, 0x08000000, 0x08010000, 0x09000000, 0x09010000, 0x09020000, 0x09030000, 0x0a000000, 0x0a003a00,
          0x0a003c00, 0x0a003e00, 0x10000000, 0x3f000000, 0x40000000, 0x40001000, 0x40010000, 0x40014000, 0x40ff0000, 0x43fffffc,
          0x44000000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff]
# Patterns of A32: what is fixed, which bits are random, and the weight. The first is anything at all.
PATTERNS = [(0x00000000, 0xffffffff, 25), (0xe0000000, 0x0fffffff, 20),
            (0xe4000000, 0x03ff01fc, 20),  # loads and stores at small offsets
            (0xe8000000, 0x01ffffff, 6),   # LDM, STM
            (0xee000f10, 0x00ffffef, 8),   # CP15
            (0xf0000000, 0x0fffffff, 4), (0xf4000000, 0x00ffffff, 6),
            (0x0a000000, 0xf00000ff, 6), (0x0affff00, 0xf00000ff, 3), (0xef000000, 0, 2)]


def words(values):
    return b"".join(struct.pack("<I", value & 0xffffffff) for value in values)


def random_place(rng):
    if rng.random() < 0.3:
        return rng.getrandbits(rng.randrange(1, 33))
    return rng.choice(PLACES) + rng.choice([0, 0, rng.randrange(-64, 64), rng.randrange(0, 0x400) & ~3])


def random_code(rng):
    if rng.random() < 0.3:  # for both instruction sets
        return words(rng.getrandbits(32) for _ in range(CODE_WORDS))
    chosen = rng.choices(PATTERNS, [weight for _, _, weight in PATTERNS], k=CODE_WORDS)
    return words(fixed | rng.getrandbits(32) & mask for fixed, mask, _ in chosen)


def random_ring(rng):
    descriptors = b""
    for _ in range(16):
        length = rng.choice([0, 1, 16, 512, 4096, 0xffffffff, rng.getrandbits(32)])
        flags = rng.choice([0, 1, 2, 3, 4, 5, rng.getrandbits(16)])
        descriptors += struct.pack("<QIHH", random_place(rng) & 0xffffffff, length, flags, rng.randrange(18))
    heads = [rng.randrange(18) for _ in range(16)]
    return descriptors + struct.pack("<18H", 0, rng.choice([1, 3, 8, 16, 17]), *heads)


def make_guest(directory, seed):
    rng = random.Random(seed)
    parts = {"registers.bin": words(random_place(rng) for _ in range(1024 + 64)), "ring.bin": random_ring(rng),
             "code.bin": random_code(rng)}
    for name, contents in parts.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(contents)
    guest = os.path.join(directory, "guest")
    subprocess.run([ASSEMBLER, "-mcpu=cortex-a15", "--defsym", "SEED=%d" % (seed | 1), "-I" + directory, SOURCE, "-o", guest + ".o"], check=True)
    subprocess.run([LINKER, "-Ttext=0x40010000", guest + ".o", "-o", guest], check=True)
    with open(os.path.join(directory, "disk"), "wb") as file:
        file.truncate(1 << 20)


def test(run):
    if not shutil.which(ASSEMBLER):
        raise Skip("%s is missing; it is in the package binutils-arm-linux-gnueabihf" % ASSEMBLER)
    for seed in range(run.arguments.count or 8):
        with tempfile.TemporaryDirectory() as directory:
            make_guest(directory, seed)
            command = [*run.emulator, "-M", "virt", "-cpu", ("cortex-a15", "cortex-a7")[seed % 2], "-m", "64", "-nographic",
                       "-serial", "null", "--time-limit=2", "-kernel", os.path.join(directory, "guest"),
                       "-drive", "file=%s,if=none,format=raw,id=disk" % os.path.join(directory, "disk"),
                       "-device", "virtio-blk-device,drive=disk", "-device", "virtio-rng-device"]
            try:
                ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True, errors="replace")
            except subprocess.TimeoutExpired:
                check(False, "seed %d: the time limit does not end it" % seed)
            # 0: by chance the guest called PSCI's SYSTEM_OFF.
            check(ended.returncode in (0, 124) and "runtime error" not in ended.stderr,
                  "seed %d: status %d: %s" % (seed, ended.returncode, ended.stderr[-3000:]))


main(test)
