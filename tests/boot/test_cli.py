"""The program as a user or a script meets it: exit statuses, messages, signals, pipes that close, the terminal."""
import os
import signal
import subprocess
import tempfile
import termios
import time

from console import Console, Failure, KERNEL, Skip, check, check_equal, main, need

ROM_READY = "No kernel and no firmware"


def run_once(run, arguments, stdin=subprocess.DEVNULL, timeout=60, **options):
    return subprocess.run([*run.emulator, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, **options)


def check_messages(run, directory):
    disk = os.path.join(directory, "disk")
    with open(disk, "wb") as file:
        file.truncate(1 << 20)
    cut = os.path.join(directory, "cut")
    with open(KERNEL, "rb") as whole, open(cut, "wb") as file:
        file.write(whole.read(1 << 20))
    big = os.path.join(directory, "big")
    with open(big, "wb") as file:
        file.truncate(40 << 20)
    initrd, raw = (os.path.join(directory, name) for name in ("initrd", "raw"))
    for name, content, size in ((initrd, b"\0", 15 << 20), (raw, b"\x00\x00\xa0\xe1", (16 << 20) - 1024)):
        with open(name, "wb") as file:
            file.write(content * (size // len(content)))
    virt = ["-M", "virt"]
    for arguments, status, part in [
            ([], 2, "no machine given"),
            ([disk], 2, "does not tell which machine"),
            (["/bin/true"], 127, "no machine of ibird's has such a CPU"),
            (["/nonexistent"], 127, "No such file"),
            ([cut], 127, "cut off"),
            ([KERNEL, "-kernel", KERNEL], 2, "stands alone"),
            ([KERNEL, "-initrd", initrd, "-m", "16"], 127, "does not fit into RAM"),
            (["-M", "virtt"], 2, "did you mean \"virt\""),
            (["-M", "ppce500"], 2, "QEMU has the machine"),
            (["-M", "malta", "-cpu", "help"], 0, ""),
            (["-M", "malta", "-cpu", "24Kg"], 2, "did you mean \"24Kf\""),
            (["-M", "malta", "-cpu", "74Kf"], 2, "does not have it (yet)"),
            (["-M", "malta", "-kernel", raw, "-drive", "file=%s,index=4" % disk], 2, "index=0 to 3"),
            (["-M", "malta", "-kernel", raw, *2 * ["-drive", "file=%s,index=1,snapshot=on" % disk]], 2, "same place"),
            (["-M", "malta", "-kernel", raw, "-device", "ide-hd"], 2, "needs a disk"),
            (["-M", "malta", "-kernel", raw, "-device", "ide-cd,bus=ide.2"], 2, "no bus=ide.2"),
            (["-M", "malta", "-kernel", raw, "-hdc", disk, "-cdrom", disk], 2, "the same place"),
            (["-M", "malta", "-kernel", raw, "-hdb", disk, "-device", "ide-cd,unit=1", "-snapshot"], 2, "same place"),
            (["-M", "malta", "-kernel", raw, "-hda", "/nonexistent"], 127, "No such file"),
            ([*virt, "-drive", "if=ide,file=" + disk], 2, "takes no -drive if=ide"),
            (["-M", "malta", "-kernel", KERNEL], 127, "zImage for ARM"),
            (["-M", "malta", "-bios", raw, "-kernel", raw], 2, "exclude each other"),
            (["-M", "malta", "-bios", big], 127, "4194304 bytes"),
            (["-M", "malta,endian=middle", "-kernel", raw], 2, "cannot have endian=middle"),
            (["-M", "malta,colour=red", "-kernel", raw], 2, "no option \"colour"),
            (["-M", "malta,dumpdtb=" + os.path.join(directory, "none"), "-kernel", raw], 2, "has no device tree"),
            (["-M", "help"], 0, ""),
            (["-help"], 0, ""),
            (["--version"], 0, ""),
            ([*virt, "-cpu", "help"], 0, ""),
            ([*virt, "-device", "help"], 0, ""),
            ([*virt, "-d", "help"], 0, ""),
            ([*virt, "-cpu", "cortex-a51"], 2, "did you mean \"cortex-a15\""),
            ([*virt, "-kernl", "x"], 2, "did you mean \"-kernel\""),
            ([*virt, "-netdev", "user"], 2, "does not have it (yet)"),
            ([*virt, "-m", "1"], 2, "from 16 to"),
            ([*virt, "-m", "64G"], 2, "from 16 to"),
            ([*virt, "-smp", "64"], 2, "-smp 64"),
            ([*virt, "-kernel", "/nonexistent"], 127, "No such file"),
            ([*virt, "-kernel", directory], 127, "directory"),
            ([*virt, "-kernel", "/bin/true"], 127, "this machine's CPU is ARM"),
            ([*virt, "-kernel", cut], 127, "cut off"),
            ([*virt, "-kernel", disk, "-m", "16", "-initrd", big], 127, "more than the machine can take"),
            ([*virt, "-kernel", KERNEL, "-initrd", initrd, "-m", "16"], 127, "does not fit into RAM"),
            ([*virt, "-kernel", raw, "-m", "16"], 127, "the kernel wants"),
            (["-M", "virt,highmem=maybe"], 2, "cannot have highmem"),
            ([*virt, "-kernel", KERNEL, "-dtb", cut], 127, "not a device tree"),
            ([*virt, "-bios", directory], 127, "directory"),
            ([*virt, "-initrd", disk], 2, "-kernel"),
            ([*virt, "-drive", "file=/nonexistent"], 127, "No such file"),
            ([*virt, "-drive", "file=" + directory], 127, "directory"),
            ([*virt, "-drive", "file=%s,if=none,id=a" % disk, "-device", "virtio-blk-device,drive=b"], 2, "no drive \"b\""),
            ([*virt, "-device", "virtio-blk-device"], 2, "drive"),
            ([*virt, "-device", "virtio-blk-devize"], 2, "did you mean \"virtio-blk-device\""),
            ([*virt, "-serial", "stdio", "-serial", "stdio"], 2, "in use"),
            ([*virt, "-d", "all,intt"], 2, "did you mean \"int\""),
    ]:
        result = run_once(run, arguments)
        check_equal(result.returncode, status, "exit status of %r (%r)" % (arguments, result.stderr))
        check(part.encode() in result.stderr, "%r: the message %r has no %r" % (arguments, result.stderr, part))
        check(result.stderr.count(b"\n") <= 1, "%r: more than one line: %r" % (arguments, result.stderr))
    tree = os.path.join(directory, "tree")
    check_equal(run_once(run, ["-M", "virt,dumpdtb=" + tree]).returncode, 0, "dumpdtb")
    with open(tree, "rb") as file:
        check(file.read(4) == b"\xd0\x0d\xfe\xed", "dumpdtb wrote no device tree")
    check(b".TH IBIRD" in run_once(run, ["--man-page"]).stdout, "man page")
    check(b"complete -F" in run_once(run, ["--bash-completion"]).stdout, "completion")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([*run.emulator, "-help"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    check_equal(result.returncode, 125, "-help on a full disk")


def start(run, *arguments, **options):
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([*run.emulator, "-M", "virt", "-m", "32", *arguments], **options)


def read_until(process, text, timeout=60):
    end = time.monotonic() + timeout
    output = b""
    while text.encode() not in output:
        data = os.read(process.stdout.fileno(), 4096)
        if not data or time.monotonic() > end:
            raise Failure("no %r in %r" % (text, output[-500:]))
        output += data
    return output


def check_ends(run, directory):
    check_equal(run_once(run, ["-M", "virt", "-m", "32", "--time-limit=0.5"]).returncode, 124, "time limit")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process = start(run)
        read_until(process, ROM_READY)
        process.send_signal(number)
        process.communicate(timeout=20)
        check_equal(process.returncode, 128 + number, "exit status after a signal")
    # Input that ends does not end the machine; Ctrl-a x in a pipe does.
    process = start(run)
    read_until(process, ROM_READY)
    process.stdin.write(b"peek 0\r\x01x")
    process.stdin.close()
    process.stdin = None
    process.communicate(timeout=20)
    check_equal(process.returncode, 0, "exit status after Ctrl-a x")
    process = start(run, stdin=subprocess.DEVNULL)
    read_until(process, ROM_READY)
    time.sleep(0.3)
    check(process.poll() is None, "the end of input ended the machine")
    # Nobody reads the console any more.
    process.stdout.close()
    process.stdout = None
    time.sleep(0.2)
    check(process.poll() is None, "a closed pipe ended the machine")
    process.terminate()
    process.communicate(timeout=20)
    # A reader that sleeps: the guest waits, and the emulator still obeys.
    process = start(run, stdin=subprocess.DEVNULL)
    time.sleep(1)
    process.terminate()
    check_equal(process.wait(20), 128 + signal.SIGTERM, "exit status with a full pipe")
    process.communicate()
    # Standard streams closed, or full.
    for redirections in ("<&-", "<&- >&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"):
        script = 'exec "$@" %s' % redirections
        result = subprocess.run(["sh", "-c", script, "sh", *run.emulator, "-M", "virt", "-m", "32", "--time-limit=0.5"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        check_equal(result.returncode, 124, "exit status with " + redirections)
    # A disk that another one writes to.
    disk = "file=%s/disk,if=none,format=raw,id=d" % directory
    process = start(run, "-drive", disk, stdin=subprocess.DEVNULL)
    read_until(process, ROM_READY)
    result = run_once(run, ["-M", "virt", "-drive", disk])
    check_equal(result.returncode, 127, "exit status for a disk in use")
    check(b"in use" in result.stderr, "a disk in use")
    process.terminate()
    process.communicate(timeout=20)


def is_raw(fd):
    return not termios.tcgetattr(fd)[3] & termios.ICANON


def check_terminal(run):
    for number in (signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT):
        with Console([*run.emulator, "-M", "virt", "-m", "32"]) as console:
            console.expect(ROM_READY)
            check(is_raw(console.terminal), "the terminal is not raw while the machine runs")
            console.send("\x01h")
            console.expect("ends the emulator")
            console.send("\x01c")
            console.expect("no monitor yet")
            console.process.send_signal(number)
            console.wait(20)
            check(termios.tcgetattr(console.terminal) == console.mode, "the terminal is left raw by signal %d" % number)


def check_panic(run):
    result = run_once(run, ["-M", "virt", "-m", "128", "-kernel", KERNEL, "-append", "console=ttyAMA0 panic=1", "-no-reboot",
                            "--time-limit=120"], timeout=150)
    check_equal(result.returncode, 126, "exit status after a panic (%r)" % result.stdout[-200:])


def test(run):
    if not run.is_ours:
        raise Skip("only ibird has these messages")
    need(KERNEL, "debian-installer-12-netboot-armhf")
    with tempfile.TemporaryDirectory() as directory:
        check_messages(run, directory)
        check_ends(run, directory)
        check_terminal(run)
        check_panic(run)


main(test)
