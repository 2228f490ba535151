"""Every plugin that this build made exports one symbol and finds its libraries as any program of the system does. The
program that loads plugins brings no library beside theirs and exports nothing of its own; the one with privilege brings
none that speaks to a network or has keys.

usage: exports_test.py PLUGINS_DIRECTORY SONDE_RUNNER SONDE_LAUNCHER
"""

import pathlib
import re
import subprocess
import sys

# The C library and what its compiler wants; a sanitizer's.
SYSTEM = re.compile(r"(libc|libm|libresolv|ld-linux.*|libgcc_s|libatomic|libstdc\+\+|lib[at]san|libubsan)\.so\.\d+")


def libraries(file):
    dynamic = subprocess.run(["readelf", "-dW", file], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)


def exported(file):
    symbols = subprocess.run(["nm", "-D", "--defined-only", file], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1] for line in symbols.splitlines()]


plugins = sorted(pathlib.Path(sys.argv[1]).glob("*/*.so"))
failures = [] if plugins else ["there is no plugin"]
for plugin in plugins:
    if exported(plugin) != ["sonde_plugin_v1"]:
        failures.append(f"{plugin.name} exports {exported(plugin)}")
    dynamic = subprocess.run(["readelf", "-dW", plugin], check=True, capture_output=True, text=True).stdout
    if "RUNPATH" in dynamic or "RPATH" in dynamic:
        failures.append(f"{plugin.name} has a run path: it would load other libraries when it is copied")
for program, more in ((sys.argv[2], ()), (sys.argv[3], ("libseccomp.so.2",))):
    foreign = [name for name in libraries(program) if not SYSTEM.fullmatch(name) and name not in more]
    if foreign:
        failures.append(f"{program} brings {foreign}")
if [name for name in exported(sys.argv[2]) if "sonde" in name]:
    failures.append(f"{sys.argv[2]} exports {exported(sys.argv[2])}")
print("\n".join(failures) or f"{len(plugins)} plugins, one symbol each")
sys.exit(1 if failures else 0)
