"""The built-in ROM of malta finds nothing wrong, and its prompt works."""
import re

from console import check, check_equal, main

ROM_PROMPT = re.compile(r"\n> $")


def test(run):
    console = run.boot_malta("-m", "96")

    def ask(command):
        return console.ask(command, 60, ROM_PROMPT)

    report = console.expect("No kernel and no firmware", 120)
    for line in ("MIPS 24K", "release 2, 16 TLB entries, FPU", "core card 1", "96 MB tested: good", "kHz by the 8254: good",
                 "5 of 5", "All is well."):
        check(line in report, "the report has no %r" % line)
    console.expect(ROM_PROMPT)
    check("unknown command" in ask("hello"), "unknown command")
    ask("poke a0500000 600df00d")
    check("600df00d" in ask("peek 80500000 8"), "peek does not show what poke wrote")
    check("data bus error" in ask("peek bd000000"), "no bus error where nothing is")
    check("TLB load" in ask("peek 1000"), "no TLB exception where nothing is mapped")
    # jr ra; li v0, 42 -- and again with another number: code that changed.
    for number in (42, 43):
        ask("poke a0500000 03e00008")
        ask("poke a0500004 240200%02x" % number)
        check("returned %08x" % number in ask("run 80500000"), "run")
    ask("poke a0500000 0000000d")
    check("breakpoint at 80500000" in ask("run 80500000"), "no breakpoint")
    console.send("reset\r")
    console.expect("All is well.", 120)
    console.expect(ROM_PROMPT)
    console.send("off\r")
    check_equal(console.wait(30), 0, "exit status after power-off")


main(test)
