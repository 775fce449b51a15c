"""Debian's installer goes on from its first screen when a language is chosen. Run by hand: see docs/testing.md, known failures."""
from console import main


def test(run):
    console = run.boot_kernel("console=ttyAMA0")
    console.expect("Select a language", 400)
    console.expect("Go Back", 60)
    console.send("\x1b[A")
    console.expect("English", 60)
    console.send("\x1b[B")
    console.expect("English", 60)
    console.send("\r")
    console.expect("Select your location", 120)


main(test)
