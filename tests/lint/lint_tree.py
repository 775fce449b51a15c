"""Checks what no compiler does: which folder includes which, file sizes, names, words that have no place here.

The arrows are those of docs/architecture.md: core <- {host/x86_64, targets/*, devices} <- targets/*/boards <- frontend.
"""
import os
import re
import sys

MAX_LINES = 800
OWN = {"core", "host", "devices", "targets", "frontend", "roms", "bench", "tests"}

# Folder (longest match counts) and the folders its files may include.
ARROWS = {
    "core": {"core"},
    "devices": {"core", "devices"},
    "host/x86_64": {"core", "host/x86_64"},
    "targets/arm": {"core", "targets/arm"},
    "targets/arm/boards": {"core", "devices", "targets/arm", "targets/arm/boards", "roms"},
    "targets/mips": {"core", "targets/mips"},
    "targets/mips/boards": {"core", "devices", "targets/mips", "targets/mips/boards", "roms"},
    "frontend": {"core", "frontend", "host/x86_64", "targets/arm/boards", "targets/mips/boards", "roms"},
    "roms": {"roms"},
    "bench": {"bench"},
    "tests": {"core", "devices", "frontend", "host/x86_64", "targets/arm", "targets/arm/boards", "targets/mips",
              "targets/mips/boards", "tests", "roms"},
}
# Files of a library that its folder's files may use only by these names.
SYSTEM_HEADERS = {
    "capstone/capstone.h": {"host/x86_64", "targets/arm", "targets/mips", "tests"},
    "zlib.h": {"frontend", "tests"},
    "lzma.h": {"frontend", "tests"},
    "zstd.h": {"frontend", "tests"},
    "libfdt.h": {"frontend", "targets/arm/boards", "tests"},
    "unicorn/unicorn.h": {"tests"},
    "cmocka.h": {"tests"},
}
SOURCES = (".c", ".h", ".inc", ".S")
# A task left open belongs into the tracker, code that is switched off nowhere.
WORDS = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "an open task"),
    (re.compile(r"^\s*#\s*if\s+0\b"), "code that is switched off"),
    (re.compile(r"\btypedef\s+(struct|union|enum)\b"), "a typedef of a struct, union or enum"),
]
# A statement without braces. A head that goes on in the next line does not count: its parentheses are open.
BARE = re.compile(r"^\s*((\} else )?(if|for|while) \(.*\)|(\} )?else)$")
# What is true on one developer's machine only; in every text of the tree.
PLACES = [
    (re.compile(r"(?<![\w.$])/(home|work|Users)/\w"), "a path of somebody's machine"),
    (re.compile(r"\b(deb|ftp|security|snapshot)\.debian\.org|\bpypi\.org|\bcrates\.io|\bnpmjs\.com"),
     "the host of a package registry"),
]
RULER = re.compile(r"^/\* ---- .* -{4,} \*/$")
RULER_COLUMNS = 100
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def longest_match(path, folders):
    found = [folder for folder in folders if path == folder or path.startswith(folder + "/")]
    return max(found, key=len) if found else None


def check_include(path, kind, name, complain):
    home = longest_match(path, ARROWS)
    if kind == '"':
        target = longest_match(name, ARROWS)
        if name.split("/")[0] not in OWN or "/" not in name:
            complain('includes "%s", which is not named from the root' % name)
        elif target not in ARROWS[home]:
            complain('includes "%s"; %s may include only %s' % (name, home, ", ".join(sorted(ARROWS[home]))))
    elif name in SYSTEM_HEADERS and home not in SYSTEM_HEADERS[name]:
        complain("includes <%s>, which is for %s" % (name, ", ".join(sorted(SYSTEM_HEADERS[name]))))


def check_places(path, lines, problems):
    for number, line in enumerate(lines, 1):
        problems += ["%s:%d: holds %s" % (path, number, what) for place, what in PLACES if place.search(line)]


def check_source(root, path, lines, problems):
    if path.endswith((".c", ".h", ".S")) and len(lines) - 1 > MAX_LINES:
        problems.append("%s: %d lines; split it at %d" % (path, len(lines) - 1, MAX_LINES))
    if lines[-1]:
        problems.append("%s: no line feed at the end" % path)
    own_header = path[:-2] + ".h"
    first = True
    for number, line in enumerate(lines, 1):
        def complain(what):
            problems.append("%s:%d: %s" % (path, number, what))

        if line != line.rstrip():
            complain("space at the end of the line")
        for word, what in WORDS:
            if word.search(line):
                complain("holds " + what)
        if BARE.match(line) and line.count("(") == line.count(")"):
            complain("has no braces around what follows")
        if line.startswith("/* ----") and (not RULER.match(line) or len(line) != RULER_COLUMNS):
            complain("rules off a section, but not in one line of %d columns" % RULER_COLUMNS)
        match = INCLUDE.match(line)
        if not match:
            continue
        check_include(path, match.group(1), match.group(2), complain)
        if first and path.endswith(".c") and os.path.exists(os.path.join(root, own_header)):
            if match.group(2) != own_header:
                complain("includes its own header %s not first" % own_header)
        first = False


def main(root):
    problems = []
    count = 0
    for directory, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not f.startswith("build") and
                            f != "__pycache__")
        for name in sorted(files):
            path = os.path.relpath(os.path.join(directory, name), root)
            if name == ".git" or name.endswith(".bin") or os.path.islink(os.path.join(root, path)):
                continue
            with open(os.path.join(root, path), encoding="utf-8") as file:
                lines = file.read().split("\n")
            check_places(path, lines, problems)
            if path.split("/")[0] in OWN and path.endswith(SOURCES):
                count += 1
                check_source(root, path, lines, problems)
    problems += ["%s: no README.md" % folder for folder in sorted(OWN)
                 if not os.path.exists(os.path.join(root, folder, "README.md"))]
    print("\n".join(problems))
    print("%d files, %d problems" % (count, len(problems)))
    return 1 if problems or not count else 0


sys.exit(main(sys.argv[1]))
