"""How many lines run with the launcher's privilege, of these in its core, and in the child that becomes a runner, is what
docs/isolation.md says: neither more, nor so much less that the page has been forgotten. Blank lines and comments are not counted.

usage: privileged_test.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
PRIVILEGED = ("framework/programs/launcher", "framework/sockets", "framework/processes/children.cpp",
              "framework/processes/children.hpp")
CHILD = ("framework/confine",)
CORE = tuple(f"framework/programs/launcher/{name}.{end}" for name in ("launcher", "listen", "request") for end in ("cpp", "hpp"))
PAGE = re.sub(r"\s+", " ", (ROOT / "docs/isolation.md").read_text())


def lines(places):
    files = [file for place in places for file in
             ([ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).glob("*.?pp")))]
    assert len(files) >= len(places), f"nothing is left of {places}"
    return sum(1 for file in files for line in file.read_text().splitlines()
               if line.strip() and not line.strip().startswith("//"))


def stated(sentence):
    found = re.search(sentence.replace("N", r"([\d,]+)"), PAGE)
    assert found, f"docs/isolation.md has no sentence '{sentence}'"
    return int(found[1].replace(",", ""))


wrong = 0
for what, counted, said in (("with the launcher's privilege", lines(PRIVILEGED), stated("At most N lines of ours run with its")),
                            ("in the child", lines(CHILD), stated("at most N more run in the child")),
                            ("in the core", lines(CORE), stated("At most N lines are the loop and who may connect"))):
    print(f"{counted} lines run {what}, the page says at most {said}")
    wrong += not said * 0.9 <= counted <= said
sys.exit(1 if wrong else 0)
