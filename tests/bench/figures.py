"""What a benchmark of a method found, for docs/accuracy.md: written as JSON where SONDE_FIGURES names a folder."""

import json
import math
import os
import pathlib
import platform
import sys
import time


def steal_ticks():
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


def model():
    found = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith(("model name", "Model"))]
    return found[0] if found else platform.machine()


def quantile(values, share):
    """The least of them that at least that share of all does not exceed."""
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


class Figures:
    """As a context: what is added inside is written at its end, unless that is an exception. Prints the steal time."""

    def __init__(self, method, benchmark=None):
        self.method, self.figures, self.plots = method, [], []
        self.benchmark = benchmark or pathlib.Path(sys.argv[0]).stem.removesuffix("_benchmark")

    def add(self, name, value, unit, beside="", aim=None):
        """One figure; `beside`: in words, what to hold it against, such as the peer's in the same run; `aim`: what it
        should be, as ("at most", 5), ("at least", 5) or, of either sign, ("within", 5)."""
        self.figures.append({"name": name, "value": round(value, 3), "unit": unit, "beside": beside, "aim": aim})

    def plot(self, title, unit, series):
        """{name: values}, whose distributions are drawn over one another."""
        self.plots.append({"title": title, "unit": unit,
                           "series": {name: [round(value, 3) for value in values] for name, values in series.items()}})

    def __enter__(self):
        self.steal, self.whole = steal_ticks()
        return self

    def __exit__(self, kind, *_):
        steal, whole = steal_ticks()
        percent = 100 * (steal - self.steal) / max(1, whole - self.whole)
        print(f"steal time {percent:.2f} % of all processors")
        if kind is not None or "SONDE_FIGURES" not in os.environ:
            return
        folder = pathlib.Path(os.environ["SONDE_FIGURES"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.benchmark}.json").write_text(json.dumps({
            "method": self.method, "benchmark": self.benchmark, "script": pathlib.Path(sys.argv[0]).name, "taken": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": f"{os.cpu_count()} processors, {model()}, Linux {platform.release().split('-')[0]}",
            "steal_percent": round(percent, 2), "figures": self.figures, "plots": self.plots}, indent=1) + "\n")
