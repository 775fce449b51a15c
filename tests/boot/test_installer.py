"""Debian's installer comes up to its first screen, takes keys and goes on when a language is chosen."""
from console import INSTALLER_ONCE, main


def test(run):
    console = run.boot_debian(INSTALLER_ONCE)
    console.expect("Select a language", 400)
    console.expect("Go Back", 60)
    console.send("\x1b[A")
    console.expect("English", 60)
    console.send("\x1b[B")
    console.expect("English", 60)
    console.send("\r")
    console.expect("Select your location", 120)


main(test)
