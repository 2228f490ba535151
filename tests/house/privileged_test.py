"""How many lines keep the launcher's privilege once anybody is heard, run with it before, run in the child that becomes a
runner, and are the front, which has none, is what docs/isolation.md says: neither more, nor so much less that the page has been
forgotten. Blank lines and comments are not counted.

usage: privileged_test.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
LAUNCHER = "framework/programs/launcher/"
MONITOR = (LAUNCHER + "monitor/*", "framework/sockets/create_sockets.*")
SETUP = tuple(LAUNCHER + name for name in ("main.cpp", "options.*", "listen.*", "delegated_group.*", "settings.hpp",
                                           "front_process.*", "front_filter.*", "attended.*"))
CHILD = ("framework/confine/*",)
BOTH = (LAUNCHER + "*", LAUNCHER + "monitor/*", "framework/sockets/*")
PAGE = re.sub(r"\s+", " ", (ROOT / "docs/isolation.md").read_text())


def files(places):
    found = set()
    for place in places:
        here = {file for file in ROOT.glob(place) if file.suffix in (".cpp", ".hpp")}
        assert here, f"nothing is left of {place}"
        found |= here
    return found


def lines(those):
    return sum(1 for file in those for line in file.read_text().splitlines()
               if line.strip() and not line.strip().startswith("//"))


def stated(sentence):
    found = re.search(sentence.replace("N", r"([\d,]+)"), PAGE)
    assert found, f"docs/isolation.md has no sentence '{sentence}'"
    return int(found[1].replace(",", ""))


wrong = 0
for what, counted, said in (
        ("run with privilege once anybody is heard", lines(files(MONITOR)),
         stated("At most N lines of ours run with its privilege once anybody is heard")),
        ("run with privilege before that", lines(files(SETUP)), stated("at most N more run before that")),
        ("run in the child", lines(files(CHILD)), stated("at most N more run in the child that becomes a runner")),
        # Whatever is new there and is not named above.
        ("are the front", lines(files(BOTH) - files(MONITOR) - files(SETUP)), stated("At most N lines are the front"))):
    print(f"{counted} lines {what}, the page says at most {said}")
    wrong += not said * 0.9 <= counted <= said
sys.exit(1 if wrong else 0)
