"""Debian's U-Boot for malta, little-endian, reaches its prompt as it is and with the bytes of each word reversed."""
import re
import tempfile

from console import MALTA_UBOOT, check, main, need

UBOOT_PROMPT = re.compile(r"maltael # $")


def boot(run, file, *options):
    console = run.boot_malta("-m", "256", "-bios", file, *options)
    console.expect("U-Boot 2023.01", 30)
    console.expect("Board: MIPS Malta CoreLV")
    console.expect("DRAM:  256 MiB")
    console.expect("Flash: 4 MiB")
    console.expect("eth0: pcnet#0")
    console.expect(UBOOT_PROMPT, 60)
    return console


def reversed_words(data):
    data += bytes(-len(data) % 4)
    return b"".join(data[at:at + 4][::-1] for at in range(0, len(data), 4))


def test(run):
    need(MALTA_UBOOT, "u-boot-qemu")
    with open(MALTA_UBOOT, "rb") as file:
        plain = file.read()
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(reversed_words(plain))
        file.flush()
        console = boot(run, file.name)
        check("U-Boot 2023.01" in console.ask("version", prompt=UBOOT_PROMPT), "version")
        console.close()
    if not run.is_ours:
        return  # QEMU starts the other form only
    disk = tempfile.NamedTemporaryFile(suffix=".img")
    disk.truncate(4 << 20)
    console = boot(run, MALTA_UBOOT, "-drive", "file=%s,format=raw" % disk.name)

    def ask(command):
        return console.ask(command, 60, UBOOT_PROMPT)

    ask("mw.l 0x81000000 0x600df00d 4")
    check(ask("md.l 0x81000000 4").count("600df00d") == 4, "md does not show what mw wrote")
    flash = ask("flinfo")
    check("4 MB" in flash and "CFI conformant" in flash, "flinfo: %r" % flash)
    ask("protect off be200000 +40000")
    check("done" in ask("erase be200000 +40000"), "erase")
    check("done" in ask("cp.l 0x81000000 0xbe200000 4"), "cp to flash")
    check(ask("md.l 0xbe200000 4").count("600df00d") == 4, "the flash does not show what was written")
    check("Mass storage controller" in ask("pci"), "pci shows no IDE")
    check("Bus 0: OK" in ask("ide reset"), "ide reset")


main(test)
