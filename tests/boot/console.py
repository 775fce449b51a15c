"""An emulator on a pseudo-terminal, for tests that read and type like a user.

Also where the tests' guests are (Debian packages) and how a test is run: each test is a script with a function that
gets a Run; `main(function)` parses the command line, prints the transcript's end on failure and exits with 0
(passed), 1 (failed) or 77 (skipped: a package is not installed).
"""
import argparse
import fcntl
import glob
import os
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

SKIPPED = 77
INSTALLER = "/usr/lib/debian-installer/images/12/armhf/text/debian-installer/armhf"
KERNEL = INSTALLER + "/vmlinuz"
INITRD = INSTALLER + "/initrd.gz"
UBOOT = "/usr/lib/u-boot/qemu_arm/u-boot.bin"
MALTA_INSTALLER = "/usr/lib/debian-installer/images/12/mipsel/malta"
MALTA_INITRD = MALTA_INSTALLER + "/initrd.gz"
MALTA_UBOOT = "/usr/lib/u-boot/maltael/u-boot.bin"
# The installer runs once on each console that the kernel has, here the UART and a virtual terminal, and the two trip over
# each other now and then, on any machine: main-menu ends if it looks for /var/lib/dpkg/status just while the other
# instance's udpkg renames it. Its reopen-console uses one console only where the word "url" is in the command line; the
# kernel ignores parameters with a dot.
INSTALLER_ONCE = "installer.url"
ROOTFS_MEGABYTES = 1024
ROOTFS_PROMPT = "PROMPT> "
ROOTFS_SHELL = re.compile(ROOTFS_PROMPT + "$")
PROMPT = re.compile(r"~ # $")
# Colours, cursor movements and the cursor's position being asked for.
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78])")


class Failure(Exception):
    """The guest did not do what the test expects."""


class Skip(Exception):
    """Something that the test needs is not installed."""


def _own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Console:
    """A running emulator. `text` is all it has printed, without escape sequences."""

    def __init__(self, command, columns=80, rows=24, environment=None):
        self.command = command
        self.raw = b""
        self.text = ""
        self.seen = 0  # expect() looks from here on
        self.start = time.monotonic()
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.mode = termios.tcgetattr(slave)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=_own_terminal,
                                        close_fds=True, env={**os.environ, **(environment or {})})
        os.close(slave)
        self.terminal = master

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self, timeout):
        """Takes what there is; False if the emulator closed its side."""
        if not select.select([self.terminal], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.terminal, 65536)
        except OSError:  # EIO: the other side is closed
            return False
        self.raw += data
        self.text = ESCAPES.sub("", self.raw.decode("utf-8", "replace")).replace("\r", "")
        return bool(data)

    def expect(self, pattern, timeout=60):
        """Waits for a string or compiled pattern after what was found last; returns the match or the text before it."""
        end = time.monotonic() + timeout
        while True:
            rest = self.text[self.seen:]
            if isinstance(pattern, str):
                at = rest.find(pattern)
                if at >= 0:
                    self.seen += at + len(pattern)
                    return rest[:at]
            else:
                match = pattern.search(rest)
                if match:
                    self.seen += match.end()
                    return match
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("no %r within %d s" % (pattern, timeout))
            if not self._read(min(left, 1)) and not self._read(0):
                status = self.process.wait()
                raise Failure("the emulator ended with %d before %r" % (status, pattern))

    def send(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self.terminal, data):]

    def ask(self, command, timeout=60, prompt=PROMPT):
        """Types a command line and returns what it printed."""
        self.send(command + "\r")
        start = self.seen
        self.expect(command, timeout)
        start = self.seen
        self.expect(prompt, timeout)
        return self.text[start:self.seen].strip()

    def ask_rootfs(self, command, timeout=600):
        """Types a command line at the shell of boot_rootfs(), which echoes nothing; returns what it printed."""
        self.send(command + "\r")
        start = self.seen
        self.expect(ROOTFS_SHELL, timeout)
        return self.text[start:self.seen - len(ROOTFS_PROMPT)].strip()

    def watch(self, seconds):
        """Takes what is printed for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self._read(1):
                raise Failure("the emulator ended with %d" % self.process.wait())

    def wait(self, timeout=60):
        """Waits for the emulator's end; returns its exit status."""
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise Failure("the emulator did not end within %d s" % timeout)
            self._read(0.1)
        while self._read(0):
            if not select.select([self.terminal], [], [], 0)[0]:
                break
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.wait(10)
            except Failure:
                self.process.kill()
                self.process.wait()
        os.close(self.terminal)


class Run:
    """What a test gets: the emulator under test, and how to start it."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.emulator = shlex.split(arguments.emulator)
        self.is_ours = "qemu" not in os.path.basename(self.emulator[0])
        self.console = None

    def boot(self, *options):
        self.console = Console([*self.emulator, "-M", self.arguments.machine, "-nographic", *options])
        return self.console

    def boot_malta(self, *options):
        self.console = Console([*self.emulator, "-M", "malta", "-nographic", *options])
        return self.console

    def boot_malta_kernel(self, append, *options, memory=512):
        """Debian's kernel for malta, whose file has the kernel's version in its name."""
        kernels = sorted(glob.glob(MALTA_INSTALLER + "/vmlinuz-*-4kc-malta"))
        need(kernels[-1] if kernels else MALTA_INSTALLER, "debian-installer-12-netboot-mipsel")
        return self.boot_malta("-m", str(memory), "-kernel", kernels[-1], "-initrd", MALTA_INITRD, "-append", append, *options)

    def start_rootfs(self, append, *options):
        """Starts what scripts/make-rootfs made; writes to its disk go nowhere."""
        directory = self.arguments.rootfs
        if not directory:
            raise Skip("no --rootfs DIRECTORY")
        need(directory + "/boot", "scripts/make-rootfs " + directory)
        emulator = [os.path.abspath(self.emulator[0]) if "/" in self.emulator[0] else self.emulator[0], *self.emulator[1:]]
        environment = {"EMULATOR": shlex.join(emulator), "MEMORY": str(ROOTFS_MEGABYTES), "APPEND": append,
                       "DISK": self.arguments.disk or "", "CACHE": "writeback,snapshot=on"}
        self.console = Console([directory + "/boot", *options], environment=environment)
        return self.console

    def boot_rootfs(self, *options):
        """Boots it to a login and logs in; its shell prompts with ROOTFS_PROMPT."""
        console = self.start_rootfs("quiet", *options)
        console.expect("login: ", 600)
        console.send("root\r")
        console.expect("Password: ", 60)
        console.send("indigobird\r")
        console.expect("# ", 120)
        # In two pieces, lest the echo of this line, read as far as it has come, looks like the prompt.
        pieces = ROOTFS_PROMPT[:3], ROOTFS_PROMPT[3:]
        console.send("stty -echo; PS1='%s''%s'; bind 'set enable-bracketed-paste off'\r" % pieces)
        console.expect(ROOTFS_SHELL, 60)
        return console

    def boot_kernel(self, append, *options, memory=512):
        need(KERNEL, "debian-installer-12-netboot-armhf")
        return self.boot("-m", str(memory), "-kernel", KERNEL, "-initrd", INITRD, "-append", append, *options)

    def boot_debian(self, append):
        """Debian's kernel of the --machine, on its UART."""
        if self.arguments.machine == "malta":
            return self.boot_malta_kernel("console=ttyS0 " + append)
        return self.boot_kernel("console=ttyAMA0 " + append)


def need(path, package):
    if not os.path.exists(path):
        raise Skip("%s is missing; it is in the package %s" % (path, package))


def check(condition, what):
    if not condition:
        raise Failure(what)


def check_equal(found, expected, what):
    check(found == expected, "%s: %r, expected %r" % (what, found, expected))


def make_ext4(directory, megabytes):
    """An ext4 file system with the directory's contents; returns a temporary file."""
    image = tempfile.NamedTemporaryFile(suffix=".img")
    image.truncate(megabytes << 20)
    subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum,^64bit", "-d", directory, image.name], check=True)
    return image


def main(test):
    parser = argparse.ArgumentParser()
    parser.add_argument("--emulator", required=True, help="program to test, with first options")
    parser.add_argument("--machine", choices=("virt", "malta"), default="virt", help="for tests that either can run")
    parser.add_argument("--count", type=int, default=0, help="how often, for tests that repeat")
    parser.add_argument("--rootfs", help="directory that scripts/make-rootfs made, for tests of a whole system")
    parser.add_argument("--disk", help="what the disk of --rootfs is to be: a name of -device")
    parser.add_argument("--guest", help="directory that scripts/make-guest-malta made, for tests of a big-endian malta")
    parser.add_argument("--verbose", action="store_true", help="print the transcript in any case")
    run = Run(parser.parse_args())
    status = 0
    try:
        test(run)
    except Skip as reason:
        print("skipped:", reason)
        status = SKIPPED
    except Failure as failure:
        print("FAILED:", failure)
        status = 1
    finally:
        console = run.console
        if console:
            if console.process.poll() is None:
                console.close()
            if status == 1 or run.arguments.verbose:
                print("command:", shlex.join(console.command))
                print("--- transcript's end ---")
                print(console.text[-4000:])
    sys.exit(status)
