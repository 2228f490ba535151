"""A method in Go, where Go is installed: its runtime starts threads when it is loaded, so each run loads it anew.

usage: go_test.py SOURCE_ROOT BUILD_DIR
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(1, str(ROOT / "tests"))

from cases import Skip, run_cases  # noqa: E402

SONDE = BUILD / "framework" / "programs" / "cli" / "sonde"
FOLDER = tempfile.TemporaryDirectory(prefix="sonde-go-")
PLUGIN = pathlib.Path(FOLDER.name, "numbers.so")


def sonde(*words):
    return subprocess.run([SONDE, *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)


def built():
    if PLUGIN.exists():
        return PLUGIN
    if not shutil.which("go"):
        raise Skip("no go here (package golang-go)")
    os.chmod(FOLDER.name, 0o755)
    source = shutil.copytree(ROOT / "tests" / "examples" / "go", pathlib.Path(FOLDER.name, "source"))
    script = ROOT / "sdk" / "sonde.map"
    environment = {**os.environ, "CGO_ENABLED": "1", "CGO_CFLAGS": f"-O2 -I{ROOT / 'sdk' / 'include'}", "GOFLAGS": "-mod=mod",
                   "GOPROXY": "off", "GOCACHE": f"{FOLDER.name}/cache", "GOPATH": f"{FOLDER.name}/path"}
    done = subprocess.run(["go", "build", "-buildmode=c-shared", f"-ldflags=-extldflags=-Wl,--version-script={script}",
                           "-o", PLUGIN, "."], cwd=source, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return PLUGIN


def it_is_described_as_one_that_each_run_loads_anew():
    done = sonde("describe", built(), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plugin"]["cold"] is True, done.stdout


def a_run_gives_its_rows_and_so_does_one_at_the_same_time():
    command = [SONDE, "run", built(), "count=5", "--json"]
    together = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in together:
        output, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert [json.loads(line)["number"] for line in output.splitlines()] == [1, 2, 3, 4, 5], output + said


def the_check_warns_of_its_threads_and_fails_what_its_runtime_cannot_help():
    plugin = built()
    judged = [word for rule in ("file-*", "symbol-*", "load*", "description*", "run*", "cancel-*", "leak-*")
              for word in ("--rule", rule)]
    *rules, _ = map(json.loads, sonde("check", plugin, "--json", *judged).stdout.splitlines())
    found = {rule["rule"]: rule for rule in rules}
    assert found["load-threads"]["status"] == "warning", found["load-threads"]
    assert (found["run"]["status"], found["run-cold"]["status"]) == ("pass", "skipped"), found
    broken = {rule["rule"]: rule["text"] for rule in rules if rule["status"] in ("fail", "crash")}
    assert set(broken) == {"file-static-tls", "load-signals"}, broken
    exceptions = pathlib.Path(FOLDER.name, "exceptions")
    exceptions.write_text("".join(f"{rule}: the runtime of Go does so\n" for rule in broken))
    done = sonde("check", plugin, "--exceptions", exceptions, *judged)
    assert done.returncode == 0 and "2 excepted" in done.stdout, done.stdout + done.stderr


run_cases([(function.__name__, function) for function in (
    it_is_described_as_one_that_each_run_loads_anew, a_run_gives_its_rows_and_so_does_one_at_the_same_time,
    the_check_warns_of_its_threads_and_fails_what_its_runtime_cannot_help)])
