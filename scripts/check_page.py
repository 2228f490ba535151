"""Writes docs/check.md to stdout: the rules of `sonde check`, as the command lists them.

usage: check_page.py SONDE > docs/check.md
"""
import json
import subprocess
import sys
import textwrap

HEAD = """# The rules of sonde check

`sonde check FILE.so` judges a plugin by these rules, each in a process of its own. A rule *passes*, *warns*, *fails*,
finds that the plugin *crashes*, or is *skipped*, with the reason. What a rule complains of is a failure or, where the
plugin works all the same, a warning. A rule that another one needs stands before it.
The rules find mistakes. They are no defence against a plugin that means to deceive, which shares a process with what judges
it and could speak in its place: what holds such a plugin is [the isolation of an agent](isolation.md).
[Writing a method](vendor.md#before-you-ship-it) says how to use it. This page is written by `scripts/check_page.py`.
"""
FAMILIES = {
    "file": "The file", "symbol": "The file", "load": "Loading", "description": "The description", "extensions": "Runs",
    "run": "Runs", "input": "What a run is given", "option": "What a run is given", "cancel": "Ending a run",
    "deadline": "Ending a run", "network": "The line", "traffic": "The line", "privileges": "The line",
    "siblings": "The line", "peer": "Strange peers", "leak": "Memory and descriptors", "memory": "Memory and descriptors",
    "against": "Against a former version",
}
SEVERITIES = {"fail": "Failure", "warning": "Warning"}


def sentence(text):
    return text[0].upper() + text[1:] + "."


def paragraph(text):
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False) + "\n"


listed = subprocess.run([sys.argv[1], "check", "--list", "--json"], check=True, capture_output=True, text=True).stdout
print(HEAD)
family = None
for rule in map(json.loads, listed.splitlines()):
    if FAMILIES[rule["rule"].split("-")[0]] != family:
        family = FAMILIES[rule["rule"].split("-")[0]]
        print(f"## {family}\n")
    needs = f", judged where {rule['needs']} holds" if rule["needs"] else ""
    print(f"### {rule['rule']}\n")
    print(paragraph(f"*{SEVERITIES[rule['severity']]}{needs}.* {sentence(rule['why'])}"))
    print(paragraph(f"*Mend:* {rule['mend']}."))
