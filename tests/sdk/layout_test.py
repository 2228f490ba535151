"""The layout that plugin.h asserts holds for 32 and 64 bits, whatever the machine's alignment and byte order: the header
is compiled as C99 for each of them. Nothing is linked, so one compiler and the headers of this machine do.

usage: layout_test.py SOURCE_ROOT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

include = pathlib.Path(sys.argv[1]) / "sdk" / "include"
# i386 aligns 64-bit numbers to 4 bytes, armhf to 8.
CLANG_TARGETS = ["x86_64-linux-gnu", "i686-linux-gnu", "armv7-linux-gnueabihf", "aarch64-linux-gnu", "riscv64-linux-gnu",
                 "mips-linux-gnu", "powerpc-linux-gnu", "s390x-linux-gnu"]
# Debian's own for the two kinds of 32 bits.
CROSS_COMPILERS = ["i686-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"]
failures = []
compiled = 0


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


def compile_for(what, compiler, text, holds):
    global compiled
    command = [*compiler, "-x", "c", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", include,
               *system, "-"]
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True)
    held = done.returncode == 0 if holds else "sonde_assert_" in done.stderr
    compiled += 1
    print(("ok    " if held else "FAIL  ") + what)
    if not held:
        failures.append(what)
        print(done.stderr)


with tempfile.TemporaryDirectory() as folder:
    system = system_headers(folder)
    compilers = [(f"gcc {flag}", ["gcc", flag]) for flag in ("-m64", "-m32")] if shutil.which("gcc") else []
    clang = shutil.which("clang-16") or shutil.which("clang")
    if clang:
        compilers += [(f"clang for {target}", [clang, f"--target={target}"]) for target in CLANG_TARGETS]
    else:
        print("skip  no clang: other machines than this one's are not looked at with it")
    for name in CROSS_COMPILERS:
        cross = shutil.which(name) or shutil.which(f"{name}-12")
        if cross:
            compilers.append((name, [cross, "-isystem", "/usr/include"]))
        else:
            print(f"skip  no {name} (package gcc-{name.removesuffix('-gcc')})")
    for name, compiler in compilers:
        compile_for(f"the layout holds with {name}", compiler, "#include <sonde/plugin.h>\n", True)
    # The assertions are there and do speak.
    for name, compiler in compilers[:2]:
        compile_for(f"a wrong layout does not compile with {name}", compiler,
                    "#include <stdint.h>\n#define uint32_t uint64_t\n#include <sonde/plugin.h>\n", False)
print("\n".join(failures) if failures else f"{compiled} compilations, all as promised")
sys.exit(1 if failures or not compiled else 0)
