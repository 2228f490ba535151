"""For tests that have to hold on a slow machine too, and on one that stands still now and then."""
import time


def until(condition, what, limit_s=60):
    """Waits for what comes by itself, and returns it."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {limit_s} s"
        time.sleep(0.01)
    return found


def paced(attempt, suits, paces=(1, 5, 20)):
    """attempt(pace) of the first pace with which the machine keeps up, by suits(result): a test whose server has to be as
    quick as a timeout takes it so many times as long. Of the last pace whatever came of it, for the test to judge."""
    for pace in paces:
        result = attempt(pace)
        if suits(result):
            break
    return result
