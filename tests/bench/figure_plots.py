"""Plots of what a benchmark has found, as parts of one SVG: many values as distributions, a few as one dot each."""

import html
import math
import statistics

WIDTH, LEFT, RIGHT = 760, 60, 24
TITLE, LEGEND, AXIS, ROW, DISTRIBUTION = 26, 20, 44, 24, 150
MOST_DOTS = 24  # more values than so many make a distribution
MOST_STEPS = 400  # of a line
COLOURS = ("#0b6e99", "#c4511d", "#5b8c2a", "#7a4fa3", "#8a8a2b", "#444444")
STYLE = ("text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.grid{stroke:#d4d4d4;fill:none}"
         ".line{fill:none;stroke-width:1.8}")


def text(x, y, words, anchor="start", **attributes):
    more = "".join(f' {name.rstrip("_")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{html.escape(words)}</text>'


def rounded(value):
    """A step of 1, 2 or 5 times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999)


class Axis:
    """Values to places, and the marks between: linear from 0, or logarithmic."""

    def __init__(self, values, left, logarithmic):
        self.left, self.logarithmic = left, logarithmic
        if logarithmic:
            low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
            self.marks = [10.0 ** power for power in range(low, max(high, low + 1) + 1)]
        else:
            step = rounded(max(max(values), 1e-9) / 6)
            self.marks = [step * number for number in range(max(1, math.ceil(max(values) / step - 1e-9)) + 1)]
        self.low, self.high = (self.scaled(value) for value in (self.marks[0], self.marks[-1]))

    def scaled(self, value):
        return math.log10(value) if self.logarithmic else value

    def __call__(self, value):
        share = 0 if self.logarithmic and value <= 0 else (self.scaled(value) - self.low) / (self.high - self.low)
        return self.left + min(1, max(0, share)) * (WIDTH - RIGHT - self.left)

    def drawn(self, top, bottom, unit):
        out = []
        for mark in self.marks:
            out.append(f'<path d="M{self(mark):.1f} {top:.1f}V{bottom:.1f}" class="grid"/>')
            out.append(text(self(mark), bottom + 15, f"{mark:,.10g}" if mark >= 1000 else f"{mark:.4g}", "middle"))
        out.append(text(WIDTH - RIGHT, bottom + 32, unit, "end"))
        return out


def distributions(plot, series, top):
    """Which share of each series' values is at most so great."""
    axis = Axis([value for values in series.values() for value in values if value > 0] or [1.0], LEFT, True)
    out, at = [], LEFT
    for colour, (name, values) in zip(COLOURS, series.items()):
        words = f"{name} ({len(values)})"
        out.append(f'<path d="M{at} {top + TITLE + 8}h16" class="line" stroke="{colour}"/>')
        out.append(text(at + 22, top + TITLE + 12, words))
        at += 40 + 7 * len(words)
    begin = top + TITLE + LEGEND
    floor = begin + DISTRIBUTION
    out += axis.drawn(begin, floor, plot["unit"])
    for share in (0, 0.25, 0.5, 0.75, 1):
        out.append(f'<path d="M{LEFT} {floor - share * DISTRIBUTION:.1f}H{WIDTH - RIGHT}" class="grid"/>')
        out.append(text(LEFT - 6, floor - share * DISTRIBUTION + 4, f"{share:.0%}", "end"))
    for colour, values in zip(COLOURS, series.values()):
        path = [f"M{axis(values[0]):.1f} {floor:.1f}"]
        ranks = sorted({math.ceil(len(values) * step / MOST_STEPS) for step in range(1, MOST_STEPS + 1)})
        for rank in ranks:
            path.append(f"H{axis(values[rank - 1]):.1f}V{floor - rank / len(values) * DISTRIBUTION:.1f}")
        out.append(f'<path d="{"".join(path)}" class="line" stroke="{colour}"/>')
    return out, TITLE + LEGEND + DISTRIBUTION + AXIS


def dots(plot, series, top):
    """Each value of each series, its median as a bar."""
    left = 40 + 7 * max(map(len, series))
    axis = Axis([value for values in series.values() for value in values], left, False)
    begin = top + TITLE
    floor = begin + ROW * len(series)
    out = axis.drawn(begin, floor, plot["unit"])
    for index, (colour, (name, values)) in enumerate(zip(COLOURS, series.items())):
        middle = begin + ROW * (index + 0.5)
        out.append(text(left - 10, middle + 4, name, "end"))
        out.append(f'<path d="M{axis(statistics.median(values)):.1f} {middle - 8:.1f}v16" class="line" stroke="{colour}"/>')
        out += [f'<circle cx="{axis(value):.1f}" cy="{middle:.1f}" r="3.5" fill="{colour}" fill-opacity="0.6"/>'
                for value in values]
    return out, TITLE + ROW * len(series) + AXIS


def svg(plots):
    out, top = [], 0
    for plot in plots:
        series = {name: sorted(values) for name, values in plot["series"].items() if values}
        kind = dots if max(map(len, series.values())) <= MOST_DOTS else distributions
        drawn, height = kind(plot, series, top)
        out += [text(LEFT if kind is distributions else 12, top + 18, plot["title"], class_="title"), *drawn]
        top += height
    label = html.escape("; ".join(plot["title"] for plot in plots), quote=True)
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
                      f'role="img" aria-label="{label}">', f"<style>{STYLE}</style>",
                      '<rect width="100%" height="100%" fill="#fff"/>', *out, "</svg>\n"])
