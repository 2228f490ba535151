"""Time from a plugin's file in the directory of a running agent to its capability at the controller.

Each round renames a plugin into the directory and takes the time until the controller has it among the agent's methods,
as its log says; then the file goes again, and the round ends when the method is withdrawn. Beside it, in the same round,
`sonde describe` of the same file: what it costs to load and ask a plugin at all, without watching, waiting for quiet and
the way to the controller. Usage: drop_in_benchmark.py SOURCE_ROOT BUILD_DIR
"""

import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(0, str(ROOT / "scripts"))

from sonde_system import System, wait_for  # noqa: E402
from verdict import demand  # noqa: E402

ROUNDS = 30


def seconds_until(done, program):
    begun = time.monotonic()
    while not done():
        program.must_live()
        if time.monotonic() - begun > 60:
            raise SystemExit("the agent did not notice within a minute")
        time.sleep(0.001)
    return time.monotonic() - begun


def measure(system):
    """Lists of seconds: noticed by the controller, described alone."""
    fixture = BUILD / "tests" / "plugins" / "rows.so"
    coming, place = system.folder / "plugins" / ".rows.so.coming", system.folder / "plugins" / "rows.so"
    system.gather_plugins("dns")
    controller = system.start_controller()
    system.start_launcher()
    agent = system.start_agent()
    wait_for("the agent's capabilities", lambda: system.rows("agents"), 60, [agent])
    offered, described = [], []
    for _ in range(ROUNDS):
        shutil.copy(fixture, coming)
        told = controller.log().count("capabilities taken")
        coming.rename(place)
        offered.append(seconds_until(lambda: controller.log().count("capabilities taken") > told, agent))
        begun = time.monotonic()
        subprocess.run([BUILD / "sonde", "describe", place], check=True, stdout=subprocess.DEVNULL)
        described.append(time.monotonic() - begun)
        told = controller.log().count("capabilities taken")
        place.unlink()
        seconds_until(lambda: controller.log().count("capabilities taken") > told, agent)
    return offered, described


def main():
    folder = tempfile.mkdtemp(prefix="sonde-drop-in-")
    system = System(BUILD, folder)
    try:
        system.make_identities()
        offered, described = measure(system)
    finally:
        system.stop()
        shutil.rmtree(folder, ignore_errors=True)

    def line(seconds):
        return f"p50 {statistics.median(seconds) * 1e3:.0f} ms   most {max(seconds) * 1e3:.0f} ms"

    print(f"a plugin's file put into the directory of a running agent, {ROUNDS} times")
    print(f"  offered at the controller     {line(offered)}")
    print(f"  `sonde describe` of it alone  {line(described)}   "
          f"ratio of the medians {statistics.median(offered) / statistics.median(described):.1f}")
    demand("p50", statistics.median(offered) * 1e3, "at most", 300, " ms")
    demand("most", max(offered) * 1e3, "at most", 1000, " ms")


main()
