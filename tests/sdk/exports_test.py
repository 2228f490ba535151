"""Every plugin that this build made exports one symbol and finds its libraries as any program of the system does.

usage: exports_test.py PLUGINS_DIRECTORY
"""

import pathlib
import subprocess
import sys

plugins = sorted(pathlib.Path(sys.argv[1]).glob("*/*.so"))
failures = [] if plugins else ["there is no plugin"]
for plugin in plugins:
    symbols = subprocess.run(["nm", "-D", "--defined-only", plugin], check=True, capture_output=True, text=True).stdout
    names = [line.split()[-1] for line in symbols.splitlines()]
    if names != ["sonde_plugin_v1"]:
        failures.append(f"{plugin.name} exports {names}")
    dynamic = subprocess.run(["readelf", "-dW", plugin], check=True, capture_output=True, text=True).stdout
    if "RUNPATH" in dynamic or "RPATH" in dynamic:
        failures.append(f"{plugin.name} has a run path: it would load other libraries when it is copied")
print("\n".join(failures) or f"{len(plugins)} plugins, one symbol each")
sys.exit(1 if failures else 0)
