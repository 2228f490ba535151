"""docs/abi.md is what scripts/abi_page.py makes of the header, and the script leaves nothing of the header out.

usage: abi_page_test.py SOURCE_ROOT
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1])
HEADER, PAGE = ROOT / "sdk" / "include" / "sonde" / "plugin.h", ROOT / "docs" / "abi.md"


def check(header):
    return subprocess.run([sys.executable, ROOT / "scripts" / "abi_page.py", "--check", header, PAGE], capture_output=True,
                          text=True)


current = check(HEADER)
assert current.returncode == 0, current.stderr

header, page = HEADER.read_text(), PAGE.read_text()
contract = header[:header.index("/* The layout, asserted")]
# Every field with its place, every constant, every function, and every sentence.
for struct, field in re.findall(r"^SONDE_AT\((\w+), (\w+), \d+, \d+\);", header, re.M):
    chapter = page.split(f"### struct {struct}\n")[1].split("\n### ")[0]
    assert re.search(rf"^\| `{field}` \| .* \| \d+, \d+ \| ", chapter, re.M), f"{struct}.{field}"
# Every callback of a host's says when it may be called; what a plugin has is called by the host.
callbacks = re.findall(r"^\| `(\w+)` \| function, below \| \d+, \d+ \| (.*?) \|$", page, re.M)
assert len(callbacks) > 15
assert {name for name, when in callbacks if not when.startswith("may be called: ")} <= {"run", "probe"}, callbacks
names = re.findall(r"^ *(SONDE_\w+) = ", contract, re.M) + re.findall(r"^static inline .*?(sonde_\w+)\(", contract, re.M) + \
    re.findall(r"^#define (SONDE_(?!PLUGIN_H)\w+)", contract, re.M)
assert len(names) > 50
assert not [name for name in names if f"`{name}" not in page and f" {name}(" not in page]


def words(text):
    return re.sub(r"\s+", " ", re.sub(r"[*`\\|]", "", text))


said = words(page)
both = re.sub(r"^#ifdef __cplusplus\n.*?^#(else|endif)", "", contract, flags=re.S | re.M)  # what C sees as well
for comment in re.findall(r"/\*(.*?)\*/", both, re.S):
    for sentence in re.split(r"[.:;]\s", words(comment).strip("- .")):
        sentence = sentence.strip()
        assert sentence in said or sentence[:1].upper() + sentence[1:] in said, sentence

with tempfile.TemporaryDirectory() as folder:
    changed = pathlib.Path(folder) / "plugin.h"
    changed.write_text(header.replace("Measures. [run]", "Measures twice. [run]"))
    stale = check(changed)
    assert stale.returncode != 0 and "run scripts/abi_page.py" in stale.stderr, stale
print(f"docs/abi.md says all of the header: {len(names)} names")
