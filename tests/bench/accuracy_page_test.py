"""docs/accuracy.md is made of what the benchmarks write, and says what is missing."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
TAKE = """
import sys
sys.path.insert(0, {here!r})
sys.argv = ["ping_accuracy_benchmark.py"]
from figures import Figures
with Figures("ping") as figures:
    figures.add("|error| p99", 2.25, "us", "fping 20 us", aim=("at most", 3))
    figures.add("packets/s beside fping's", 1.25, "x", aim=("at least", 1.5))
    figures.plot("error <of a round trip>", "us", {{"ping": [0, 0.5, 2.25] * 20, "fping": [3.0], "none": []}})
    figures.plot("rate of a round", "packets/s", {{"ping": [1250, 900, 1000], "fping": [0]}})
    {then}
"""


def take(folder, then="pass"):
    return subprocess.run([sys.executable, "-c", TAKE.format(here=str(HERE), then=then)], capture_output=True,
                          env={**os.environ, "SONDE_FIGURES": f"{folder}/figures"}).returncode


def page(folder):
    return subprocess.run([sys.executable, HERE / "accuracy_page.py", folder, f"{folder}/figures"]).returncode


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "docs").mkdir()
    assert page(folder) == 77, "a page of nothing"
    assert take(folder, "raise SystemExit(1)") == 1 and page(folder) == 77, "figures of a benchmark that failed"
    assert take(folder) == 0 and page(folder) == 0
    assert json.loads((folder / "figures/ping_accuracy.json").read_text())["machine"]
    text = (folder / "docs/accuracy.md").read_text()
    for said in ("| &#124;error&#124; p99 | 2.25 us | fping 20 us | at most 3 |",
                 "| packets/s beside fping's | 1.25 x |  | at least 1.5, *missed* |", "## ping", "dns, passive-syn, passive-handshake found no figures",
                 "](accuracy/ping.svg)"):
        assert said in text, f"{said!r} is not in\n{text}"
    plot = xml.etree.ElementTree.parse(folder / "docs/accuracy/ping.svg").getroot()
    words = [node.text for node in plot.iter("{http://www.w3.org/2000/svg}text")]
    assert "error <of a round trip>" in words and "ping (60)" in words and "none (0)" not in words, words
    dots = list(plot.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(dots) == 4 and "1,500" in words, (len(dots), words)
print("as promised")
