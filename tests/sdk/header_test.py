"""The SDK's headers compile without a warning as what they promise, with every compiler at hand, and a plugin built
with the SDK's version script exports exactly one symbol.

usage: header_test.py SOURCE_ROOT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
include = root / "sdk" / "include"
here = root / "tests" / "sdk"
warnings = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
compilers = {
    "c": [c for c in ("gcc", "clang-16", "clang") if shutil.which(c)],
    "c++": [c for c in ("g++", "clang++-16", "clang++") if shutil.which(c)],
}
failures = []


def run(what, command, **kwargs):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)
    print(("ok    " if done.returncode == 0 else "FAIL  ") + what)
    if done.returncode != 0:
        failures.append(what)
        print(" ".join(map(str, command)), done.stdout, sep="\n")
    return done.stdout


def headers_alone():
    for language, standard, header in (
        ("c", "c99", "plugin.h"), ("c", "c11", "plugin.h"), ("c++", "c++20", "plugin.h"), ("c++", "c++20", "plugin.hpp"),
        ("c++", "c++20", "cells.hpp"), ("c++", "c++20", "describe.hpp"), ("c++", "c++20", "typed.hpp"),
        ("c++", "c++20", "address.hpp"), ("c++", "c++20", "event.hpp"),
        ("c++", "c++20", "keyed_hash.hpp"),
    ):
        for compiler in compilers[language]:
            run(f"{header} compiles as {standard} with {compiler}",
                [compiler, "-x", language, f"-std={standard}", *warnings, "-I", include, "-fsyntax-only", "-"],
                input=f"#include <sonde/{header}>\n#include <sonde/{header}>\nint main(void) {{ return 0; }}\n")


def enums_may_be_short():
    """-fshort-enums once made a struct member one byte wide: the layout asserted in the header must not depend on it."""
    for compiler in compilers["c"]:
        run(f"plugin.h keeps its layout with -fshort-enums and {compiler}",
            [compiler, "-x", "c", "-std=c99", *warnings, "-fshort-enums", "-I", include, "-fsyntax-only", "-"],
            input="#include <sonde/plugin.h>\n")


def plugins_export_one_symbol(directory):
    for language, standard, source in (("c", "c99", "minimal_plugin.c"), ("c++", "c++20", "minimal_plugin.cpp")):
        for compiler in compilers[language]:
            plugin = pathlib.Path(directory) / f"{source}.{compiler}.so"
            what = f"{source} builds with {compiler}"
            run(what, [compiler, f"-std={standard}", *warnings, "-fPIC", "-shared", "-I", include,
                       f"-Wl,--version-script={root / 'sdk' / 'sonde.map'}", here / source, "-o", plugin])
            if what in failures:
                continue
            symbols = [line.split()[-1] for line in
                       run(f"{plugin.name} can be listed", ["nm", "-D", "--defined-only", plugin]).splitlines()]
            if symbols != ["sonde_plugin_v1"]:
                failures.append(f"{plugin.name} exports {symbols}")


headers_alone()
enums_may_be_short()
with tempfile.TemporaryDirectory() as directory:
    plugins_export_one_symbol(directory)
print("\n".join(failures) if failures else "all as promised")
sys.exit(1 if failures else 0)
