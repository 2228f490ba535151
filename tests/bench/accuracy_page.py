"""Writes docs/accuracy.md and its plots from what the methods' benchmarks have found (see figures.py).

Usage: accuracy_page.py SOURCE_ROOT FIGURES_FOLDER. `meson test --benchmark` runs it behind all others. Without any
figures it leaves the page as it is.
"""

import html
import json
import math
import pathlib
import sys

# Those of http-upload are among http-download's.
METHODS = ("ping", "http-download", "dns", "passive-syn")
WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 720, 220, 60, 20, 46, 40
COLOURS = ("#0b6e99", "#c4511d", "#5b8c2a", "#7a4fa3", "#8a8a2b", "#444444")

INTRODUCTION = """# How accurate the methods are

Written by `meson test --benchmark`, from the benchmarks below tests/bench; each says there how it measures, and the
methods' own pages say what disturbs them. Every figure is from one run on one machine, the peer's beside it in the same
run, in turn with it where there are rounds. Links are virtual cables between network namespaces. Ratios carry over to
other machines, times and rates do not: on a machine that has other things to do, as virtual ones and those of a project
often have, a rate is what was left of its processors. The steal time, which a hypervisor took, stands with each.
"""


def number(value):
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def words(text):
    return text.replace("|", "&#124;")


def table(found):
    lines = ["| figure | value | beside it |", "|---|---|---|"]
    lines += [f"| {words(one['name'])} | {number(one['value'])} {one['unit']} | {words(one['beside'])} |"
              for one in found["figures"]]
    return "\n".join(lines)


def ticks(low, high):
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def panel(plot, top):
    """The distributions of a plot's series on a logarithmic axis: which share of the values is at most so great."""
    series = {name: sorted(values) for name, values in plot["series"].items() if values}
    positive = [value for values in series.values() for value in values if value > 0] or [1.0]
    marks = ticks(min(positive), max(max(positive), min(positive) * 1.01))
    low, high = math.log10(marks[0]), math.log10(marks[-1])
    floor, height = top + PANEL - BOTTOM, PANEL - TOP - BOTTOM

    def x(value):
        at = 0 if value <= 0 else (math.log10(value) - low) / (high - low)
        return LEFT + max(0, at) * (WIDTH - LEFT - RIGHT)

    def y(share):
        return floor - share * height

    out = [f'<text x="{LEFT}" y="{top + 16}" class="title">{html.escape(plot["title"])}</text>']
    for mark in marks:
        out.append(f'<path d="M{x(mark):.1f} {y(0):.1f}V{y(1):.1f}" class="grid"/><text x="{x(mark):.1f}" y="{floor + 15}" '
                   f'text-anchor="middle">{mark:g}</text>')
    for share in (0, 0.5, 1):
        out.append(f'<path d="M{LEFT} {y(share):.1f}H{WIDTH - RIGHT}" class="grid"/><text x="{LEFT - 6}" '
                   f'y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    out.append(f'<text x="{WIDTH - RIGHT}" y="{floor + 31}" text-anchor="end">{html.escape(plot["unit"])}</text>')
    for index, (name, values) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        path = [f"M{x(values[0]):.1f} {y(0):.1f}"]
        for rank, value in enumerate(values, 1):
            path.append(f"H{x(value):.1f}V{y(rank / len(values)):.1f}")
        out.append(f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        out.append(f'<text x="{LEFT + 150 * index}" y="{top + 34}" fill="{colour}">{html.escape(name)} '
                   f'({len(values)})</text>')
    return "".join(out)


def svg(plots):
    panels = "".join(panel(plot, PANEL * index) for index, plot in enumerate(plots))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{PANEL * len(plots)}" '
            f'viewBox="0 0 {WIDTH} {PANEL * len(plots)}"><style>text{{font:12px sans-serif}}.title{{font-weight:bold}}'
            f'.grid{{stroke:#ccc;fill:none}}</style><rect width="100%" height="100%" fill="#fff"/>{panels}</svg>\n')


def section(method, all_found, plots_folder):
    """A method's part of the page, and its plot, of which there is one a method."""
    parts = [f"## {method}\n\n[How it measures](../plugins/{method}/README.md)."]
    for found in all_found:
        parts.append(f"Benchmark `{found['benchmark']}`, {found['taken']}: {found['machine']}; steal time "
                     f"{found['steal_percent']} %.\n\n{table(found)}")
    plots = [plot for found in all_found for plot in found["plots"] if any(plot["series"].values())]
    if plots:
        plots_folder.mkdir(exist_ok=True)
        (plots_folder / f"{method}.svg").write_text(svg(plots))
        parts.append(f"![share of the values that are at most so great, {method}](accuracy/{method}.svg)")
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
