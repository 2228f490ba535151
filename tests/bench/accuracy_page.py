"""Writes docs/accuracy.md and its plots from what the methods' benchmarks have found (see figures.py).

Usage: accuracy_page.py SOURCE_ROOT FIGURES_FOLDER. `meson test --benchmark` runs it behind all others. Without any
figures it leaves the page as it is.
"""

import json
import pathlib
import sys

from figure_plots import svg

# Those of http-upload are among http-download's.
METHODS = ("ping", "http-download", "http-upload", "dns", "passive-syn", "passive-handshake")
# The folders of methods that are not named as their plugin.
FOLDERS = {"passive-handshake": "passive-syn"}

INTRODUCTION = """# How accurate the methods are

Written by `meson test -C build --benchmark`, from the benchmarks below [tests/bench](../tests/bench); each says there how it
measures, and the methods' own pages say what disturbs them. Every figure is from one run on one machine, the peer's
beside it in the same run, in turn with it where there are rounds. Links are virtual cables between network namespaces.
Ratios carry over to other machines; times and rates do not. The steal time is what a hypervisor took of all processors
meanwhile. An aim that is *missed* is missed on that machine and in that run: look at the plots for by how much and how
often. In a plot of few values each is a dot and the bar their median; of many, the line says which share of them is at
most so great.
"""


def number(value):
    if isinstance(value, int) or value == int(value):
        return f"{value:,.0f}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def words(text):
    return text.replace("|", "&#124;")


def aim_of(figure):
    if not figure.get("aim"):
        return ""
    bound, wanted = figure["aim"]
    value = abs(figure["value"]) if bound == "within" else figure["value"]
    met = value >= wanted if bound == "at least" else value <= wanted
    return f"{bound} {number(wanted)}" + ("" if met else ", *missed*")


def table(found):
    lines = ["| figure | value | in the same run | aim |", "|---|--:|---|---|"]
    lines += [f"| {words(one['name'])} | {number(one['value'])} {one['unit']} | {words(one['beside'])} | {aim_of(one)} |"
              for one in found["figures"]]
    return "\n".join(lines)


def section(method, all_found, plots_folder):
    """A method's part of the page, and its plot, of which there is one a method."""
    folder = FOLDERS.get(method, method)
    parts = [f"## {method}", f"[How it measures, and its error sources](../plugins/{folder}/README.md)."]
    for found in all_found:
        script = found.get("script", "")  # figures of before it was kept have none
        parts += [f"**[{found['benchmark']}](../tests/bench/{script})**, {found['taken']}; {found['machine']}; steal time "
                  f"{found['steal_percent']} %", table(found)]
    plots = [plot for found in all_found for plot in found["plots"] if any(plot["series"].values())]
    if plots:
        plots_folder.mkdir(exist_ok=True)
        (plots_folder / f"{method}.svg").write_text(svg(plots))
        parts.append(f"![{'; '.join(plot['title'] for plot in plots)}](accuracy/{method}.svg)".replace("|", "&#124;"))
    return "\n\n".join(parts)


def write(source_root, figures_folder):
    docs = pathlib.Path(source_root) / "docs"
    found = [json.loads(path.read_text()) for path in sorted(pathlib.Path(figures_folder).glob("*.json"))]
    if not found:
        return False
    parts = [INTRODUCTION.rstrip()]
    missing = []
    for method in METHODS:
        mine = [one for one in found if one["method"] == method]
        if mine:
            parts.append(section(method, mine, docs / "accuracy"))
        else:
            missing.append(method)
    if missing:
        parts.append(f"## Not taken\n\nThe benchmarks of {', '.join(missing)} found no figures on this machine.")
    (docs / "accuracy.md").write_text("\n\n".join(parts) + "\n")
    return True


if __name__ == "__main__":
    if not write(*sys.argv[1:3]):
        print(f"no figures in {sys.argv[2]}")
        sys.exit(77)
