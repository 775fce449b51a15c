"""Guests that do everything wrong (hostile.s, hostile_malta.s). --count says how many; whatever they do, only the time limit ends them."""
import os
import random
import shutil
import struct
import subprocess
import tempfile
from typing import NamedTuple

from console import Skip, check, main

HERE = os.path.dirname(os.path.abspath(__file__))
CODE_WORDS = 1 << 14


class Guest(NamedTuple):
    tools: str  # prefix and package
    source: str
    assembler: list
    linker: list
    places: list  # devices of the board, the ends of its flash and RAM (64 MB), and addresses that wrap
    patterns: list  # of instructions: what is fixed, which bits are random, and the weight; the first is anything at all
    options: list


DISK = "file=%s,if=none,format=raw,id=disk"
ARM_PLACES = [0, 0x1000, 0x04000000, 0x08000000, 0x08010000, 0x09000000, 0x09010000, 0x09020000, 0x09030000, 0x0a000000, 0x0a003a00,
              0x0a003c00, 0x0a003e00, 0x10000000, 0x3f000000, 0x40000000, 0x40001000, 0x40010000, 0x40014000, 0x40ff0000, 0x43fffffc,
              0x44000000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff]
ARM_PATTERNS = [(0x00000000, 0xffffffff, 25), (0xe0000000, 0x0fffffff, 20),
                (0xe4000000, 0x03ff01fc, 20),  # loads and stores at small offsets
                (0xe8000000, 0x01ffffff, 6),   # LDM, STM
                (0xee000f10, 0x00ffffef, 8),   # CP15
                (0xf0000000, 0x0fffffff, 4), (0xf4000000, 0x00ffffff, 6),
                (0x0a000000, 0xf00000ff, 6), (0x0affff00, 0xf00000ff, 3), (0xef000000, 0, 2)]
MALTA_PLACES = [0, 0x1000, 0x00400000, 0x0041fffc, 0x7ffffffc, 0x80000000, 0x80100000, 0x83fffffc, 0x84000000, 0x90000000, 0xa0100000,
                0xb0000000, 0xb4000000, 0xb7dffffc, *range(0xb8000000, 0xb8000800, 0x70), 0xb8000cf8, 0xb8002800, 0xb8003800, 0xb8003c00, 0xb8003840,
                *range(0xb8005800, 0xb8006800, 0x400), 0xbbe00000, 0xbbe00c00, 0xbbe00cf8, 0xbe000000, 0xbe3ffffc, 0xbf000400, 0xbf000500,
                0xbf000900, 0xbfc00000, 0xbfffffff, 0xc0000000, 0xff200000, 0xffffffff]
MALTA_PATTERNS = [(0x00000000, 0xffffffff, 20), (0x00000000, 0x03ffffff, 14), (0x20000000, 0x1fffffff, 8),
                  (0x80000000, 0x1fff01fc, 20), (0xa0000000, 0x1fff01fc, 8),  # loads and stores at small offsets
                  (0xc0000000, 0x3fff01fc, 6),  # LL, SC, LWC1, CACHE, PREF
                  (0x10000000, 0x0fff003f, 5), (0x1000ffc0, 0x0fff003f, 2), (0x04000000, 0x03ff003f, 3),
                  (0x44000000, 0x03ffffff, 8), (0x4c000000, 0x03ffffff, 2), (0x70000000, 0x0fffffff, 6),
                  (0x40000000, 0x00fff807, 4), (0x42000000, 0x0000003f, 3), (0x41600000, 0x001f0020, 2), (0x0000000c, 0, 2)]
ARM = Guest("arm-linux-gnueabihf", "hostile.s", ["-mcpu=cortex-a15"], ["-Ttext=0x40010000"], ARM_PLACES, ARM_PATTERNS,
            ["-M", "virt", "-drive", DISK, "-device", "virtio-blk-device,drive=disk", "-device", "virtio-rng-device"])
MALTA = Guest("mipsel-linux-gnu", "hostile_malta.s", ["-EL"], ["-EL", "-Ttext=0x80100000", "-e_start"], MALTA_PLACES, MALTA_PATTERNS,
              ["-M", "malta", "-drive", DISK, "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci", "-hda", "%s2", "-hdc", "%s3"])
MALTA_BIG = MALTA._replace(assembler=["-EB"], linker=["-EB", "-Ttext=0x80100000", "-e_start"])
GUESTS = [(ARM, "cortex-a15"), (MALTA, "24Kf"), (ARM, "cortex-a7"), (MALTA_BIG, "24Kf"), (ARM, "cortex-a15"), (MALTA, "34Kf"), (ARM, "cortex-a7"),
          (MALTA_BIG, "4Kc")]


def words(values):
    return b"".join(struct.pack("<I", value & 0xffffffff) for value in values)


def random_place(rng, guest):
    if rng.random() < 0.3:
        return rng.getrandbits(rng.randrange(1, 33))
    return rng.choice(guest.places) + rng.choice([0, 0, rng.randrange(-64, 64), rng.randrange(0, 0x400) & ~3])


def random_code(rng, guest):
    if rng.random() < 0.3:  # for both instruction sets
        return words(rng.getrandbits(32) for _ in range(CODE_WORDS))
    chosen = rng.choices(guest.patterns, [weight for _, _, weight in guest.patterns], k=CODE_WORDS)
    return words(fixed | rng.getrandbits(32) & mask for fixed, mask, _ in chosen)


def random_ring(rng, guest):
    descriptors = b""
    for _ in range(16):
        length = rng.choice([0, 1, 16, 512, 4096, 0xffffffff, rng.getrandbits(32)])
        flags = rng.choice([0, 1, 2, 3, 4, 5, rng.getrandbits(16)])
        descriptors += struct.pack("<QIHH", random_place(rng, guest) & 0xffffffff, length, flags, rng.randrange(18))
    heads = [rng.randrange(18) for _ in range(16)]
    return descriptors + struct.pack("<18H", 0, rng.choice([1, 3, 8, 16, 17]), *heads)


def make_guest(directory, guest, seed):
    """Returns the file."""
    rng = random.Random(seed)
    parts = {"registers.bin": words(random_place(rng, guest) for _ in range(1024 + 64)), "ring.bin": random_ring(rng, guest),
             "code.bin": random_code(rng, guest)}
    for name, contents in parts.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(contents)
    path = os.path.join(directory, "guest")
    subprocess.run([guest.tools + "-as", *guest.assembler, "--defsym", "SEED=%d" % (seed | 1), "-I" + directory, os.path.join(HERE, guest.source), "-o", path + ".o"],
                   check=True)
    subprocess.run([guest.tools + "-ld", *guest.linker, path + ".o", "-o", path], check=True)
    return path


def test(run):
    for seed in range(run.arguments.count or len(GUESTS)):
        guest, cpu = GUESTS[seed % len(GUESTS)]
        if not shutil.which(guest.tools + "-as"):
            raise Skip("%s-as is missing; it is in the package binutils-%s" % (guest.tools, guest.tools))
        with tempfile.TemporaryDirectory() as directory:
            path = make_guest(directory, guest, seed)
            disk = os.path.join(directory, "disk")
            for name in (disk, disk + "2", disk + "3"):
                with open(name, "wb") as file:
                    file.truncate(1 << 20)
            options = [option.replace("%s", disk) for option in guest.options]
            command = [*run.emulator, "-cpu", cpu, "-m", "64", "-nographic", "-serial", "null", "--time-limit=2", "-kernel", path, *options]
            try:
                ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True, errors="replace")
            except subprocess.TimeoutExpired:
                check(False, "seed %d: the time limit does not end it" % seed)
            # 0: by chance the guest called PSCI's SYSTEM_OFF, or told the PIIX4 to switch off.
            check(ended.returncode in (0, 124) and "runtime error" not in ended.stderr,
                  "seed %d: status %d: %s" % (seed, ended.returncode, ended.stderr[-3000:]))


main(test)
