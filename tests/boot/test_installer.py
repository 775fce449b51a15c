"""Debian's installer comes up to its first screen and takes keys."""
from console import check, main


def test(run):
    console = run.boot_kernel("console=ttyAMA0")
    console.expect("Select a language", 400)
    console.expect("English", 60)
    # The list is drawn; Down to the next entries and Up again redraw them.
    console.expect("Go Back", 60)
    before = len(console.raw)
    console.send("\x1b[A")
    console.expect("English", 60)
    console.send("\x1b[B")
    console.expect("English", 60)
    check(len(console.raw) > before, "keys draw nothing")


main(test)
