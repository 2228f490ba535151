"""Every command in the docs is run: a page's shell blocks are one script, run as they stand in a folder of its own.

Each page has a network namespace of its own, so that its ports are free, and an installed SDK that pkg-config finds. The
vendor's page has what `meson install` gives and an empty folder, nothing of the source or the build; the others have a
folder that looks like the source tree. C blocks that follow "Save this as `FILE`" are written to that file. Blocks that
other tests run are named in ELSEWHERE with the test's name.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
ELSEWHERE = {"scripts/demo ": "demo_test.py", "scripts/test ": "the run that you are reading",
             "meson setup build && ninja ": "the build of this run, and install_test.py"}
SANITIZED = b"__asan_init" in (BUILD / "framework" / "programs" / "runner" / "sonde-runner").read_bytes()
if SANITIZED:
    print("skipped  the docs' runs under valgrind and `sonde check`, which cannot judge what has the address sanitizer in it",
          flush=True)
# Nor can the sanitizer look for leaks where a debugger or strace already watches the process.
SANITIZER = {"ASAN_OPTIONS": "detect_leaks=0"} if SANITIZED else {}
PAGE_TIMEOUT_S = 600 if SANITIZED else 120
BLOCK = re.compile(r"(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<text>.*?)^```$", re.S | re.M)
INSTALLED_ALONE = ROOT / "docs" / "vendor.md"
PROGRAMS = ("agent", "controller", "collector", "peer", "launcher")


def prepare(folder):
    """A folder that looks like the source tree for relative paths, with the programs in PATH."""
    for name in ("sdk", "plugins", "docs", "scripts", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "build").symlink_to(BUILD)
    installed = folder / "installed"
    installed.mkdir()
    for plugin in BUILD.glob("plugins/*/*.so"):
        (installed / plugin.name).symlink_to(plugin)
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    (bin_dir / "sonde").symlink_to(BUILD / "sonde")
    for name in PROGRAMS:
        (bin_dir / f"sonde-{name}").symlink_to(BUILD / "framework" / "programs" / name / f"sonde-{name}")
    return bin_dir


def install(folder):
    """Puts all that is installed there: (the folder of programs, the environment in which pkg-config finds the SDK)."""
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True,
                   env={**os.environ, "DESTDIR": folder})
    pathlib.Path(folder).chmod(0o755)
    (sonde,) = pathlib.Path(folder).rglob("bin/sonde")
    (config,) = pathlib.Path(folder).rglob("sonde-sdk.pc")
    return sonde.parent, {"PKG_CONFIG_PATH": str(config.parent), "PKG_CONFIG_SYSROOT_DIR": folder}


def script_of(page, folder):
    """The page's shell blocks, joined; its C blocks are written to their files."""
    lines = []
    for block in BLOCK.finditer(page.read_text()):
        saved = re.search(r"[Ss]ave this as `([^`]+)`", block["before"])
        if saved:
            (folder / saved[1]).write_text(block["text"])
        elif block["language"] == "sh":
            lines += [line for line in block["text"].splitlines()
                      if not line.startswith(tuple(ELSEWHERE)) and not (SANITIZED and ("valgrind" in line or "sonde check" in line))]
    return "\n".join(lines)


def run(page, installed_bin, sdk):
    with tempfile.TemporaryDirectory(prefix="sonde-docs-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        bin_dir = installed_bin if page == INSTALLED_ALONE else prepare(folder)
        if page.name == "operator.md":
            (folder / "plugins").unlink()  # the page makes its own
        script = script_of(page, folder)
        if not script.strip():
            return None
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SONDE_")}
        full = f"set -euo pipefail\nip link set lo up\n{script}\n"
        environment = {**clean, **sdk, **SANITIZER, "PATH": f"{bin_dir}:{os.environ['PATH']}",
                       "PLUGINS": str(folder / "installed"), "XDG_STATE_HOME": str(folder / "answers")}
        process = subprocess.Popen(["unshare", "--net", "--pid", "--mount-proc", "--fork", "--kill-child", "bash", "-c", full],
                                   cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=PAGE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\n(not done within {PAGE_TIMEOUT_S} s)"
        print(f"---- {page.relative_to(ROOT)}\n{output}")
        if process.returncode != 0:
            for log in sorted(folder.glob("*.log")):
                print(f"---- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        return process.returncode


if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--pid", "--mount-proc", "--fork", "true"]).returncode != 0:
    print("needs root and network namespaces")
    sys.exit(77)
pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "plugins").glob("*/README.md"))]
with tempfile.TemporaryDirectory(prefix="sonde-sdk-") as place:
    installed_bin, sdk = install(place)
    statuses = {page: run(page, installed_bin, sdk) for page in pages}
failed = [str(page) for page, status in statuses.items() if status not in (None, 0)]
ran = [page for page, status in statuses.items() if status == 0]
print(f"{len(ran)} pages with commands ran" + (f"; FAILED: {failed}" if failed else ""))
assert ran, "no page has a command"
sys.exit(1 if failed else 0)
