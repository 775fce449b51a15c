"""The built-in ROM finds nothing wrong, and its prompt works."""
import re

from console import check, check_equal, main

ROM_PROMPT = re.compile(r"\n> $")


def test(run):
    # The program to compare with has no ROM of its own.
    console = run.boot("-m", "256", *([] if run.is_ours else ["-bios", "roms/arm-virt.bin"]))

    def ask(command):
        return console.ask(command, 60, ROM_PROMPT)

    report = console.expect("No kernel and no firmware", 120)
    for line in ("ARM Cortex-A15", "linux,dummy-virt, 256 MB", "256 MB tested: good", "kHz: good", "5 of 5", "All is well."):
        check(line in report, "the report has no %r" % line)
    console.expect(ROM_PROMPT)
    check("unknown command" in ask("hello"), "unknown command")
    ask("poke 40500000 600df00d")
    check("600df00d" in ask("peek 40500000 8"), "peek does not show what poke wrote")
    check("data abort" in ask("peek 70000000"), "no data abort where nothing is")
    # mov r0, #42; bx lr -- and again with another number: code that changed.
    for number in (42, 43):
        ask("poke 40500000 e3a000%02x" % number)
        ask("poke 40500004 e12fff1e")
        check("returned %08x" % number in ask("run 40500000"), "run")
    ask("poke 40500000 e7f000f0")
    check("undefined instruction at 40500000" in ask("run 40500000"), "no undefined instruction")
    console.send("reset\r")
    console.expect("All is well.", 120)
    console.expect(ROM_PROMPT)
    console.send("off\r")
    check_equal(console.wait(30), 0, "exit status after power-off")


main(test)
