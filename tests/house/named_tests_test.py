"""Each test that docs/isolation.md names beside a layer exists, in the program that it is said to be of.

usage: named_tests_test.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
PAGE = ROOT / "docs/isolation.md"
NAMED_AT_LEAST = 25  # else it is read wrongly


def folders_of(program):
    """Where a test of that name is declared."""
    return [file.parent for file in (ROOT / "tests").rglob("meson.build") if f"'{program}'" in file.read_text()]


def cases_in(folder):
    """The names of its cases, without their tags."""
    for file in folder.glob("*.cpp"):
        for name in re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', file.read_text()):
            yield re.sub(r"( \[\w+\])+$", "", name)
    for file in folder.glob("*.py"):
        for name in re.findall(r"def test_(\w+)", file.read_text()):
            yield name.replace("_", " ")


def exists(program, case):
    begin = case.removesuffix("...")
    return any(name == case or begin != case and name.startswith(begin)
               for folder in folders_of(program) for name in cases_in(folder))


def named():
    """(program, case) as the last column of the layers has them; no case where all of the program is meant."""
    for row in re.findall(r"^\|[^|]*\|[^|]*\|[^|]*\| (.*) \|$", PAGE.read_text(), re.M):
        program = None
        for word, case in re.findall(r'`(\w+)`|"([^"]+)"', row):
            program = word or program
            if program:
                yield program, case


found = list(named())
wrong = [f"{program}: {case or 'the program itself'}" for program, case in found
         if not (exists(program, case) if case else folders_of(program))]
print(f"{PAGE.name} names {len(found)} tests and their programs; not there: {wrong}")
sys.exit(1 if wrong or len(found) < NAMED_AT_LEAST else 0)
