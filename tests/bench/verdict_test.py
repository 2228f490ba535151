"""A benchmark of a demanded figure says beside it what is demanded, and whether that is met."""

import contextlib
import io
import pathlib
import unittest

from verdict import demand

HERE = pathlib.Path(__file__).resolve().parent
DEMANDED = {"invocation": 4, "throughput": 1, "rows": 2, "idle": 2, "drop_in": 2, "hour": 1, "report_memory": 1}


def said(*words):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        demand(*words)
    return out.getvalue()


class Verdict(unittest.TestCase):
    def test_the_bound_itself_meets_what_is_demanded(self):
        self.assertEqual("  memory: 2.5 MB, demanded at most 2.5 MB: met\n", said("memory", 2.5, "at most", 2.5, " MB"))
        self.assertEqual("  rate: 4000, demanded at least 4000: met\n", said("rate", 4000, "at least", 4000, ""))

    def test_what_misses_it_is_named(self):
        self.assertEqual("  memory: 2.8 MB, demanded at most 2.5 MB: MISSED\n", said("memory", 2.8, "at most", 2.5, " MB"))
        self.assertEqual("  rate: 1886, demanded at least 4000: MISSED\n", said("rate", 1886, "at least", 4000, ""))

    def test_each_demanded_figure_has_its_verdict(self):
        for name, verdicts in DEMANDED.items():
            (file,) = HERE.glob(f"{name}_benchmark.*")
            lines = [line.strip() for line in file.read_text().splitlines()]
            self.assertEqual(verdicts, sum(line.startswith(("demand(", "demand_at_")) for line in lines), name)


unittest.main()
