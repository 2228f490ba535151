"""The layout that plugin.h asserts holds for 32 and 64 bits, whatever the machine's alignment and byte order: the header
is compiled as C99 for each of them. Nothing is linked, so one clang and the headers of this machine do for most; for i386
and armhf it is also compiled by Debian's own compilers, with the headers of their own C library.

usage: layout_test.py SOURCE_ROOT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(root / "tests"))

from cases import Skip, run_cases  # noqa: E402

# i386 aligns 64-bit numbers to 4 bytes, armhf to 8.
CLANG_TARGETS = ["x86_64-linux-gnu", "i686-linux-gnu", "armv7-linux-gnueabihf", "aarch64-linux-gnu", "riscv64-linux-gnu",
                 "mips-linux-gnu", "powerpc-linux-gnu", "s390x-linux-gnu"]
# Each with the package that has its C library's headers.
CROSS_COMPILERS = {"i686-linux-gnu": "libc6-dev-i386-cross", "arm-linux-gnueabihf": "libc6-dev-armhf-cross"}
GOOD = "#include <sonde/plugin.h>\n"
# The assertions are there and do speak.
BAD = "#include <stdint.h>\n#define uint32_t uint64_t\n#include <sonde/plugin.h>\n"


def system_headers(folder):
    """Those of this machine; what the C library has only for the machine's own kind of calls is empty."""
    stubs = pathlib.Path(folder) / "gnu"
    stubs.mkdir()
    for kind in ("32", "hard", "soft", "lp64", "lp64d"):
        (stubs / f"stubs-{kind}.h").touch()
    found = ["-isystem", folder]
    multiarch = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True).stdout.strip()
    if multiarch:
        found += ["-isystem", f"/usr/include/{multiarch}"]
    return found


def compiled(text, command):
    return subprocess.run([*command, "-x", "c", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                           "-I", str(root / "sdk" / "include"), "-"], input=text, capture_output=True, text=True)


def compiler(program, package):
    found = shutil.which(program)
    if not found:
        raise Skip(f"no {program} here (package {package})")
    return found


def holds(program, arguments, package):
    done = compiled(GOOD, [compiler(program, package), *arguments])
    assert done.returncode == 0, done.stderr


def speaks(program, arguments, package):
    done = compiled(BAD, [compiler(program, package), *arguments])
    assert "sonde_assert_" in done.stderr, done.stderr or "it compiles"


def holds_by_cross_compiler(machine, headers):
    found = compiler(f"{machine}-gcc", f"gcc-{machine}")
    if not pathlib.Path(f"/usr/{machine}/include/stdint.h").exists():
        raise Skip(f"{found} has no headers here (package {headers})")
    holds(found, [], f"gcc-{machine}")


with tempfile.TemporaryDirectory() as folder:
    system = system_headers(folder)
    cases = []
    for flag in ("-m64", "-m32"):
        cases += [(f"the layout holds with gcc {flag}", lambda flag=flag: holds("gcc", [flag, *system], "gcc")),
                  (f"a wrong layout does not compile with gcc {flag}",
                   lambda flag=flag: speaks("gcc", [flag, *system], "gcc"))]
    cases += [(f"the layout holds with clang for {target}",
               lambda target=target: holds("clang-16", [f"--target={target}", *system], "clang-16"))
              for target in CLANG_TARGETS]
    cases += [(f"the layout holds with {machine}-gcc and its own headers",
               lambda machine=machine, headers=headers: holds_by_cross_compiler(machine, headers))
              for machine, headers in CROSS_COMPILERS.items()]
    run_cases(cases)
