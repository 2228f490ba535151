"""`meson install` gives a usable tree, wherever it is put: a vendor's plugin builds against it and runs in it."""
import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from unit_filter import bounded_as, refused_calls

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
# In a sanitizer's build `sonde check` would judge what the sanitizer does.
SANITIZED = b"__asan_init" in (BUILD / "framework" / "programs" / "runner" / "sonde-runner").read_bytes()
EXPECTED = ["bin/sonde", "bin/sonde-agent", "bin/sonde-collector", "bin/sonde-controller", "bin/sonde-launcher",
            "bin/sonde-peer", "include/sonde/address.hpp", "include/sonde/event.hpp", "include/sonde/keyed_hash.hpp",
            "include/sonde/plugin.h", "include/sonde/plugin.hpp", "libexec/sonde/sonde-checker", "libexec/sonde/sonde-runner", "share/sonde/sonde.map",
            "share/sonde/template/c/METHOD.c", "share/sonde/template/licence/Apache-2.0",
            "share/sonde/examples/ping.json", "share/sonde/examples/policy.json", "share/sonde/examples/agent.ini",
            "lib/systemd/system/sonde-agent.service", "lib/systemd/system/sonde-launcher.service",
            "lib/sysusers.d/sonde.conf", "share/doc/sonde/vendor.md", "share/doc/sonde/CHANGELOG.md"]
BY_LIBDIR = ["pkgconfig/sonde-sdk.pc", *[f"sonde/plugins/{m}.so" for m in ("ping", "http-download", "http-upload", "dns", "passive-syn")]]


def run(*words, **more):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    assert result.returncode == 0, f"{words}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout


def missing_layers(launcher, socket_path, under):
    """Which layers of isolation a launcher's log says to be missing where it is started by those words."""
    daemon = subprocess.Popen([*map(str, under), launcher, "--socket", socket_path, "--agent-user", "nobody"], stderr=subprocess.PIPE,
                              text=True)
    for _ in range(200):
        if daemon.poll() is not None or socket_path.exists() and socket_path.stat().st_uid == pwd.getpwnam("nobody").pw_uid:
            break
        time.sleep(0.1)
    ended = daemon.poll()
    try:
        while ended is None:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as agent, contextlib.suppress(ConnectionRefusedError):
                agent.settimeout(20)
                agent.connect(str(socket_path))
                assert agent.recv(65536), "the launcher greets nobody"  # which it does when it knows what is missing
                break
            ended = daemon.poll()
    finally:
        daemon.terminate()
    said = daemon.communicate(timeout=20)[1]
    assert ended is None, said
    socket_path.unlink(missing_ok=True)
    return set(re.findall(r"missing=(\S+)", said))


with tempfile.TemporaryDirectory(prefix="sonde-install-") as name:
    folder = pathlib.Path(name)
    folder.chmod(0o755)
    run("meson", "install", "-C", BUILD, "--no-rebuild", env={**os.environ, "DESTDIR": str(folder)})
    (sonde,) = folder.rglob("bin/sonde")
    prefix = sonde.parent.parent
    for path in EXPECTED:
        assert (prefix / path).is_file(), f"{path} is not installed"
    (config,) = prefix.rglob("sonde-sdk.pc")
    libdir = config.parent.parent
    for path in BY_LIBDIR:
        assert (libdir / path).is_file(), f"{path} is not installed"
    assert list((prefix / "share/sonde/yang").glob("sonde-lmap@*.yang"))

    source = re.search(r"```c\n(.*?)^```", (ROOT / "docs/vendor.md").read_text(), re.S | re.M)[1]
    (folder / "uptime.c").write_text(source)
    environment = {**os.environ, "PKG_CONFIG_PATH": str(config.parent), "PKG_CONFIG_SYSROOT_DIR": str(folder)}
    flags = run("pkg-config", "--cflags", "sonde-sdk", env=environment).split()
    script = prefix / "share/sonde/sonde.map"
    run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *flags, f"-Wl,--version-script={script}",
        "-o", folder / "uptime.so", folder / "uptime.c")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SONDE_")}
    rows = [json.loads(line) for line in
            run(sonde, "run", folder / "uptime.so", "times=2", "--json", env=clean, cwd="/").splitlines()]
    assert len(rows) == 2 and rows[0]["up_ns"] < rows[1]["up_ns"], rows
    described = run(sonde, "describe", "dns", env=clean, cwd="/")
    assert str(libdir) in described, f"dns is not the installed one: {described}"

    # What is wrong with a plugin is explained by a page that is there.
    if not SANITIZED:
        (folder / "extra.c").write_text("int extra = 1;\n")
        run("cc", "-std=c99", "-shared", "-fPIC", *flags, "-o", folder / "open.so", folder / "uptime.c", folder / "extra.c")
        judged = subprocess.run([sonde, "check", folder / "open.so", "--rule", "symbol-*"], capture_output=True, text=True,
                                env=clean, cwd="/")
        page, rule = re.search(r"see (\S+)#([a-z-]+)$", judged.stdout, re.M).groups()
        assert page == str(prefix / "share/doc/sonde/check.md") and f"### {rule}\n" in pathlib.Path(page).read_text(), judged

    # The agent's example of options is one, and its service can do little.
    example = (prefix / "share/sonde/examples/agent.ini").read_text()
    (folder / "agent.ini").write_text(example.replace("state=/var/lib/sonde", f"state={folder}")
                                      .replace("/etc/sonde/identity", str(folder / "no-identity")))
    refused = subprocess.run([prefix / "bin/sonde-agent", "--config", folder / "agent.ini"], capture_output=True, text=True)
    assert refused.returncode == 3 and "no-identity" in refused.stderr, refused
    if shutil.which("systemd-analyze"):
        for program, exposure in (("agent", 20), ("launcher", 46)):
            unit = folder / f"sonde-{program}.service"
            unit.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={prefix}/bin/sonde-{program}",
                                   (prefix / "lib/systemd/system" / unit.name).read_text()))
            run("systemd-analyze", "verify", "--recursive-errors=no", unit)
            run("systemd-analyze", "security", "--offline=true", f"--threshold={exposure}", unit)
    else:
        print("skipped  the units of systemd: systemd-analyze is not installed")

    # What the unit leaves the launcher is enough for what it does: its capabilities, and the system calls that it does not refuse.
    service = (prefix / "lib/systemd/system/sonde-launcher.service").read_text()
    # A group for each runner, which a policy that wants all of isolation asks for.
    assert re.search(r"^ExecStart=.* --cgroup auto", service, re.M) and re.search(r"^Delegate=memory", service, re.M), service
    # A signal would end a method in the place of its own filter's word.
    assert "SystemCallErrorNumber=EPERM" in service.splitlines(), service
    under = bounded_as(service)
    assert under, service
    if os.geteuid() != 0 or subprocess.run([*under, "true"], capture_output=True).returncode != 0:
        print("skipped  the launcher's capabilities: they cannot be set here")
    else:
        if shutil.which("systemd-analyze"):
            refused = refused_calls(service)
            assert {"ptrace", "init_module", "keyctl", "userfaultfd"} <= refused, refused
            under = [sys.executable, ROOT / "tests/e2e/under_filter.py", "refuse", ",".join(refused), *under]
        (row,) = run(*under, sonde, "run", folder / "uptime.so", "times=1", "--json", env=clean, cwd="/").splitlines()
        assert json.loads(row)["up_ns"] > 0, row
        launcher, path = prefix / "bin/sonde-launcher", folder / "launcher.sock"
        assert missing_layers(launcher, path, under) == missing_layers(launcher, path, [])

    # What `sonde new` writes builds and tests by itself, by each of its three builds.
    builds = {"meson": [["meson", "setup", "b"], ["ninja", "-C", "b"], ["meson", "test", "-C", "b"]],
              "cmake": [["cmake", "-B", "b", "."], ["cmake", "--build", "b"], ["ctest", "--test-dir", "b"]],
              "make": [["make"], ["make", "test"]]}
    environment = {**clean, "PKG_CONFIG_PATH": str(config.parent), "PKG_CONFIG_SYSROOT_DIR": str(folder),
                   "SONDE": str(sonde)}
    for language, licence in (("c", "Apache-2.0"), ("c++", "MIT")):
        for build, commands in builds.items():
            place = folder / f"{language}-{build}"
            written = run(sonde, "new", "tcp-connect", "--lang", language, "--licence", licence, "--vendor", "Example",
                          "--folder", place, env=clean).splitlines()
            assert sorted(written) == sorted(str(path) for path in place.iterdir()) and len(written) == 8, written
            for command in commands:
                run(*command, env=environment, cwd=place)
            (plugin,) = place.rglob("tcp-connect.so")
            # All rules judge what C makes in the vendor's page, and here what C++ makes; another build changes the file.
            stops = ("cancel-obeyed", "deadline-obeyed")
            few = [word for rule in ("file-*", "symbol-*", *stops) for word in ("--rule", rule)]
            chosen = ["--strict"] if (language, build) == ("c++", "meson") else few
            if not SANITIZED:
                report = run(sonde, "check", plugin, *chosen, env=clean)
                assert report.splitlines()[-1].endswith(" Conformant."), report
                # Which they are only while a connection is waited for.
                for rule in stops:
                    assert re.search(rf"^ pass +{rule} ", report, re.M), report
            described = json.loads(run(sonde, "describe", plugin, "--json", env=clean))
            assert described["plugin"]["vendor"] == "Example" and described["plugin"]["licence"] == licence, described
    print("the installed tree works where it was put, and so does what `sonde new` writes")
