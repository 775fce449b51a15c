"""IDE and virtio-PCI devices of malta, which a guest of either byte order reads and writes; the images are compared afterwards."""
import hashlib
import os
import random
import re
import tempfile

from console import check, check_equal

DISK_SIZE = 8 << 20
SERIAL = "IBIRDTEST"


class Devices:
    """Two IDE disks, a CD-ROM, and a disk, random numbers and a console of virtio. `options` are the emulator's."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.content = {name: random.Random(name).randbytes(DISK_SIZE) for name in ("hda", "hdb", "cdrom", "virtio")}
        for name, content in self.content.items():
            with open(self._path(name), "wb") as file:
                file.write(content)
        for name in ("port.in", "port.out"):
            os.mkfifo(self._path(name))
        drive = "file=%s,format=raw," % self._path("virtio")
        self.options = [option for name in ("hda", "hdb", "cdrom") for option in ("-" + name, self._path(name))] + [
            "-drive", drive + "if=none,id=test", "-device", "virtio-blk-pci,drive=test,serial=" + SERIAL, "-device",
            "virtio-rng-pci", "-chardev", "pipe,id=port,path=" + self._path("port"), "-device", "virtio-serial-pci", "-device",
            "virtconsole,chardev=port"]

    def _path(self, name):
        return os.path.join(self.folder.name, name)

    def check(self, ask):
        """`ask(command)` returns what the guest's shell prints for a command."""
        disk = ask("grep -l %s /sys/block/vd*/serial" % SERIAL).split("/sys/block/")[-1].split("/")[0]
        # Linux names disks in the order in which they answer, which may be any.
        hda, hdb = (re.search(r"\bsd[ab]\b", ask("ls /sys/bus/scsi/devices/0:0:%d:0/block" % unit)) for unit in (0, 1))
        check(hda and hdb, "no IDE disks")
        places = {"hda": hda.group(), "hdb": hdb.group(), "cdrom": "sr0", "virtio": disk}
        self._check_sums(ask, places)
        check("-ROM " in ask("cat /sys/block/sr0/device/model") + " ", "no CD-ROM")
        # From one device to the next, sectors that are not aligned to pages among them.
        self._copy(ask, places, "cdrom", "hda", 2048, 5, 1001, 300)
        self._copy(ask, places, "hda", "hdb", 512, 4003, 77, 1025)
        self._copy(ask, places, "hdb", "virtio", 512, 11, 9999, 513)
        self._copy(ask, places, "virtio", "hda", 65536, 1, 100, 16)
        ask("echo 3 >/proc/sys/vm/drop_caches")
        self._check_sums(ask, places)
        self._check_virtio(ask)

    def check_images(self):
        """After the guest's end."""
        for name, content in self.content.items():
            with open(self._path(name), "rb") as file:
                check(file.read() == content, "%s is not as the guest wrote it" % name)

    def _check_sums(self, ask, places):
        for name, place in places.items():
            answer = ask("md5sum /dev/" + place)
            check(hashlib.md5(self.content[name]).hexdigest() in answer, "md5sum of %s is wrong: %s" % (name, answer))

    def _copy(self, ask, places, source, target, block, skip, seek, count):
        data = self.content[source][skip * block:(skip + count) * block]
        old = self.content[target]
        self.content[target] = old[:seek * block] + data + old[seek * block + len(data):]
        ask("dd if=/dev/%s of=/dev/%s bs=%d skip=%d seek=%d count=%d conv=fsync" %
            (places[source], places[target], block, skip, seek, count))

    def _check_virtio(self, ask):
        check("virtio_rng" in ask("cat /sys/class/misc/hw_random/rng_current"), "no virtio random numbers")
        sums = [ask("head -c 1000 /dev/hwrng | md5sum") for _ in range(2)] + [hashlib.md5(bytes(1000)).hexdigest()]
        check(len({answer.split()[0] for answer in sums}) == 3, "random numbers are not: %s" % sums)
        received = os.open(self._path("port.out"), os.O_RDONLY | os.O_NONBLOCK)
        ask("stty -echo </dev/hvc0; echo from the guest >/dev/hvc0")
        check_equal(os.read(received, 100).strip(), b"from the guest", "what the virtio console sent")
        with open(self._path("port.in"), "w", encoding="ascii") as port:
            port.write("for the guest\n")
        check("for the guest" in ask("head -n 1 </dev/hvc0"), "the virtio console received something else")
