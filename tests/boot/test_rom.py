"""The built-in ROM finds nothing wrong, and its prompt works."""
import re
from typing import NamedTuple

from console import check, check_equal, main

ROM_PROMPT = re.compile(r"\n> $")


class Machine(NamedTuple):
    rom: str
    options: list
    report: list    # parts of it
    write: int      # an address in RAM to write code at ..
    run: int        # .. and to execute it at
    nothing: dict   # {address: what reading it is answered with}
    function: list  # words that return a number, which is {:02x}
    trap: tuple     # a word and what executing it is answered with


MACHINES = {
    "virt": Machine("roms/arm-virt.bin", ["-m", "256"],
                    ["ARM Cortex-A15", "linux,dummy-virt, 256 MB", "256 MB tested: good", "kHz: good", "5 of 5", "All is well."],
                    0x40500000, 0x40500000, {0x70000000: "data abort"},
                    ["e3a000{:02x}", "e12fff1e"],  # mov r0, #n; bx lr
                    ("e7f000f0", "undefined instruction at 40500000")),
    "malta": Machine("roms/malta.bin", ["-m", "96"],
                     ["MIPS 24K", "release 2, 16 TLB entries, FPU", "core card 1", "96 MB tested: good",
                      "kHz by the 8254: good", "5 of 5", "All is well."],
                     0xa0500000, 0x80500000, {0xbd000000: "data bus error", 0x1000: "TLB load"},
                     ["03e00008", "240200{:02x}"],  # jr ra; li v0, n
                     ("0000000d", "breakpoint at 80500000")),
}


def test(run):
    machine = MACHINES[run.arguments.machine]
    # The program to compare with has no ROM of its own.
    console = run.boot(*machine.options, *([] if run.is_ours else ["-bios", machine.rom]))

    def ask(command):
        return console.ask(command, 60, ROM_PROMPT)

    report = console.expect("No kernel and no firmware", 120)
    for line in machine.report:
        check(line in report, "the report has no %r" % line)
    console.expect(ROM_PROMPT)
    check("unknown command" in ask("hello"), "unknown command")
    ask("poke %x 600df00d" % machine.write)
    check("600df00d" in ask("peek %x 8" % machine.run), "peek does not show what poke wrote")
    for address, answer in machine.nothing.items():
        check(answer in ask("peek %x" % address), "no %s where nothing is" % answer)
    # Once again with another number: code that changed.
    for number in (42, 43):
        for at, word in enumerate(machine.function):
            ask("poke %x %s" % (machine.write + 4 * at, word.format(number)))
        check("returned %08x" % number in ask("run %x" % machine.run), "run")
    word, answer = machine.trap
    ask("poke %x %s" % (machine.write, word))
    check(answer in ask("run %x" % machine.run), "no " + answer)
    console.send("reset\r")
    console.expect("All is well.", 120)
    console.expect(ROM_PROMPT)
    console.send("off\r")
    check_equal(console.wait(30), 0, "exit status after power-off")


main(test)
