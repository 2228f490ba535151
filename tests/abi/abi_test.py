"""The ABI is what was recorded: abidiff compares the types of today's header with types.abi, and constants.txt has every
enumerator and macro with its value. A change of either is a decision, and then recorded with --record.

usage: abi_test.py SOURCE_ROOT [--record]
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1])
HERE = ROOT / "tests" / "abi"
HEADER = ROOT / "sdk" / "include" / "sonde" / "plugin.h"
TYPES, CONSTANTS = HERE / "types.abi", HERE / "constants.txt"
# What the asserted layout says with other words, and comfort for who writes plugins.
NOT_ABI = {"SONDE_PLUGIN_H", "SONDE_EXPORT", "SONDE_VISIBLE", "SONDE_SIZE", "SONDE_PREFIX", "SONDE_ASSERT", "SONDE_BYTES_OF",
           "SONDE_AT", "SONDE_ENDS"}
SKIPPED = 77


def put_header(folder, header):
    include = folder / "include" / "sonde"
    include.mkdir(parents=True)
    (include / "plugin.h").write_text(header)


def build(folder, header):
    """The surface as a shared object with debug information."""
    put_header(folder, header)
    shutil.copy(HERE / "surface.c", folder)
    # By relative names: the record knows no machine's paths.
    subprocess.run(["cc", "-std=c99", "-g", "-O0", "-shared", "-fPIC", "-I", "include", "surface.c", "-o", "surface.so"],
                   cwd=folder, check=True)
    return folder / "surface.so"


def difference(header):
    with tempfile.TemporaryDirectory() as folder:
        library = build(pathlib.Path(folder), header)
        done = subprocess.run(["abidiff", TYPES, library], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def record_types(header):
    with tempfile.TemporaryDirectory() as folder:
        library = build(pathlib.Path(folder), header)
        subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--out-file", TYPES, library],
                       check=True)


def constants(header):
    """NAME VALUE of every enumerator and macro of the ABI, as the compiler sees them."""
    names = re.findall(r"(?:^ +|[{,] )(SONDE_[A-Z0-9_]+) = ", header, re.M)
    names += re.findall(r"^#define (SONDE_[A-Z0-9_]+)[ (]", header, re.M)
    names = sorted(set(names) - NOT_ABI)
    lines = "".join(f'    show("{name}", _Generic(({name}), char *: 1, default: 0), (const void *)(intptr_t)({name}));\n'
                    for name in names)
    program = ("#include <sonde/plugin.h>\n"
               "static void show(const char *name, int text, const void *value)\n{\n"
               '    if (text)\n        printf("%s \\"%s\\"\\n", name, (const char *)value);\n'
               '    else\n        printf("%s %lld\\n", name, (long long)(intptr_t)value);\n}\n'
               f"int main(void)\n{{\n{lines}    return 0;\n}}\n")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        put_header(folder, header)
        executable = folder / "constants"
        subprocess.run(["cc", "-x", "c", "-std=c11", "-w", "-I", folder / "include", "-", "-o", executable],
                       input=program, text=True, check=True)
        return subprocess.run([executable], check=True, capture_output=True, text=True).stdout


def changed_header(header, pattern, replacement):
    """The header with a change that its own assertions would find, and so without them."""
    changed, count = re.subn(pattern, replacement, header, count=1)
    assert count == 1, pattern
    return re.sub(r"^SONDE_(AT|ENDS)\(.*\);$", "", changed, flags=re.M)


def main():
    header = HEADER.read_text()
    if "--record" in sys.argv:
        record_types(header)
        CONSTANTS.write_text(constants(header))
        return 0
    failures = []

    def check(holds, what, more=""):
        print(("ok    " if holds else "FAIL  ") + what)
        if not holds:
            failures.append(what)
            print(more)

    now, recorded = constants(header), CONSTANTS.read_text()
    check(now == recorded, "enumerators and limits have the recorded values",
          "now:\n" + "".join(line + "\n" for line in now.splitlines() if line not in recorded.splitlines()) +
          "recorded:\n" + "".join(line + "\n" for line in recorded.splitlines() if line not in now.splitlines()))
    renumbered = constants(changed_header(header, r"(SONDE_\w+) = 1,", r"\1 = 1001,"))
    check(renumbered != recorded, "a renumbered enumerator is noticed")
    types = TYPES.read_text()
    missing = [name for name in re.findall(r"^struct (sonde_\w+) \{", header, re.M) if f"name='{name}'" not in types]
    check(not missing, "every struct of the header is recorded", f"surface.c leads to none of {missing}")
    if not shutil.which("abidiff") or subprocess.run(["uname", "-m"], capture_output=True, text=True).stdout != "x86_64\n":
        print("skip  types: they are recorded for x86_64 and compared by abidiff (package abigail-tools)")
        return 1 if failures else SKIPPED
    status, text = difference(header)
    check(status == 0, "types are as recorded", text + "\nIf that is meant: CHANGELOG.md, and abi_test.py --record.")
    # The detector detects.
    for what, pattern, replacement in (
            ("a wider field", r"uint32_t target;", "uint64_t target;"),
            ("a field put in the middle", r"const char \*unit;", "const char *news; const char *unit;"),
            ("an argument more", r"(void \(\*progress\)\(const struct sonde_host \*host,)", r"\1 int32_t more,"),
            ("a callback moved", r"uint32_t abi_minor; /\* of the host \*/", "uint32_t abi_minor; void (*news)(void);"),
            ("a removed field", r"    const char \*const \*parameters;\n", ""),
            ("an extension's function changed", r"uint32_t port,", "uint64_t port,")):
        status, text = difference(changed_header(header, pattern, replacement))
        check(status != 0, f"{what} is noticed", text)
    print("\n".join(failures) if failures else "the ABI is what was recorded")
    return 1 if failures else 0


sys.exit(main())
