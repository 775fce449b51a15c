"""--profile and --perf-map name the functions of a guest in ELF (profile.s) and of a list of symbols, in the right proportion."""
import os
import re
import shutil
import subprocess
import tempfile

from console import Skip, check, check_equal, main

ASSEMBLER, LINKER, NM = "arm-linux-gnueabihf-as", "arm-linux-gnueabihf-ld", "arm-linux-gnueabihf-nm"
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "profile.s")
ROW = re.compile(r"^ *([0-9.]+) % +([0-9.]+) % +(\d+) +(kernel|user) +(.*)$")


def read_rows(path):
    with open(path) as file:
        return [match.groups() for match in map(ROW.match, file) if match]


def run_guest(run, *arguments):
    command = [*run.emulator, "-M", "virt", "-m", "64", "-nographic", "-serial", "null", "--time-limit=60", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _, errors = process.communicate(timeout=90)
    return process, errors


def check_profile(path, names):
    rows = read_rows(path)
    check(len(rows) >= 2, "a profile without rows")  # the host looks at CPU clocks 250 times a second or so
    check_equal([row[3:] for row in rows[:2]], [("kernel", name) for name in names], "the first functions")
    check(75 < float(rows[0][0]) < 99, "busy has %s %%" % rows[0][0])
    check(1 < float(rows[1][0]) < 25, "less has %s %%" % rows[1][0])


def test(run):
    if not shutil.which(ASSEMBLER):
        raise Skip("%s is missing; it is in the package binutils-arm-linux-gnueabihf" % ASSEMBLER)
    with tempfile.TemporaryDirectory() as directory:
        guest, profile, symbols, raw = (os.path.join(directory, name) for name in ("guest", "profile", "symbols", "raw"))
        subprocess.run([ASSEMBLER, "-mcpu=cortex-a15", SOURCE, "-o", guest + ".o"], check=True)
        subprocess.run([LINKER, "-Ttext=0x40010000", guest + ".o", "-o", guest], check=True)
        process, errors = run_guest(run, "-kernel", guest, "--profile", profile, "--perf-map")
        check_equal((process.returncode, errors), (0, ""), "the run")
        check_profile(profile, ["busy", "less"])
        path = "/tmp/perf-%d.map" % process.pid
        with open(path) as file:
            lines = file.read()
        os.unlink(path)
        check(re.search(r"^[0-9a-f]+ [0-9a-f]+ kernel:busy$", lines, re.M), "busy is not in perf's map: %r" % lines)
        # The same without names of its own, and with a list.
        subprocess.run([LINKER, "-s", "-Ttext=0x40010000", guest + ".o", "-o", raw], check=True)
        names = subprocess.run([NM, guest], stdout=subprocess.PIPE, text=True, check=True).stdout
        with open(symbols, "w") as file:
            file.write(names.replace(" busy", " busy_of_the_list"))
        process, errors = run_guest(run, "-kernel", raw, "--profile", profile, "--symbols", symbols)
        check_equal((process.returncode, errors), (0, ""), "the run with a list")
        check_profile(profile, ["busy_of_the_list", "less"])
        run_guest(run, "-kernel", raw, "--profile", profile)
        check_equal(read_rows(profile)[0][4], "[page 0x40010000]", "the first place without names")
        process, errors = run_guest(run, "-kernel", raw, "--profile", "/dev/full")
        check_equal(process.returncode, 125, "status if the profile cannot be written")
        process, errors = run_guest(run, "-kernel", raw, "--symbols", symbols)
        check_equal(process.returncode, 2, "status of --symbols alone")


main(test)
