"""Which room may include what: reads every #include of the tree and holds it against the table of rooms.

An arrow that is not in the table is a failure, and so are Beast outside channel/ and a header that does not exist.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]

# No program loads a plugin, opens a raw socket or confines another but those that have nothing else to do.
ROOMS_OF_PROGRAMS = {"sdk", "base", "model", "schedule", "policy", "frames", "sqlite", "spool", "store", "channel",
                     "plugin_host", "hops", "processes"}
ALLOWED = {
    "sdk": set(),
    "base": set(),
    "model": {"base"},
    "schedule": {"base", "model"},
    "policy": {"base", "model"},
    "frames": {"base", "sdk"},
    "sqlite": {"base"},
    "spool": {"base", "model", "sqlite"},
    "store": {"base", "model", "sqlite"},
    "channel": {"base", "model"},
    "plugin_host": {"base", "model", "frames", "sdk"},
    "hops": {"frames"},
    "hosting": {"base", "frames", "hops", "sdk"},
    "processes": {"base", "frames"},
    "sockets": {"base", "frames"},
    "confine": {"base", "frames"},
    "programs/checker": ROOMS_OF_PROGRAMS | {"hosting", "sockets"},
    "programs/runner": {"base", "frames", "hosting", "processes", "sdk"},
    "programs/launcher": {"base", "confine", "frames", "processes", "sockets"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
BEAST_FILES_MAX = 4


def room_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "sdk":
        return "sdk"
    if parts[0] == "plugins":
        return f"plugins/{parts[1]}"
    if parts[1] == "programs":
        return f"programs/{parts[2]}"
    return parts[1]


def target_of(path, quote, name):
    """The room that an #include leads to; None for the system's headers; an error text if it leads nowhere."""
    if name.startswith("sonde/"):
        return "sdk" if (ROOT / "sdk/include" / name).exists() else f"no such SDK header: {name}"
    if quote == "<":
        return None
    if (ROOT / "framework" / name).exists():
        return room_of(ROOT / "framework" / name)
    if (path.parent / name).exists():
        return room_of((path.parent / name).resolve())
    return f"no such header: {name}"


def allowed_for(room):
    if room in ALLOWED:
        return ALLOWED[room]
    if room.startswith("plugins/"):
        return {"sdk"}
    if room.startswith("programs/"):
        return ROOMS_OF_PROGRAMS
    return set()


def main():
    problems, beast, files = [], [], 0
    sources = [p for top in ("framework", "plugins", "sdk") for p in sorted((ROOT / top).rglob("*"))
               if p.suffix in (".hpp", ".cpp", ".h", ".c")]
    for path in sources:
        files += 1
        room = room_of(path)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            where = f"{path.relative_to(ROOT)}:{number}"
            if match[2].startswith("boost/beast"):
                beast.append(path)
                if room != "channel":
                    problems.append(f"{where}: Beast belongs into channel/ alone")
                if path.suffix == ".hpp":
                    problems.append(f"{where}: Beast in a header spreads 16 s of compiling")
            target = target_of(path, match[1], match[2])
            if target is None or target == room:
                continue
            if target.startswith("no such"):
                problems.append(f"{where}: {target}")
            elif target not in allowed_for(room):
                problems.append(f"{where}: {room} may not include {target}")
    if len(set(beast)) > BEAST_FILES_MAX:
        problems.append(f"Beast is in {len(set(beast))} files, at most {BEAST_FILES_MAX} may have it")
    print("\n".join(problems) or f"{files} files, every include is an arrow of the table")
    return 1 if problems or not files else 0


sys.exit(main())
