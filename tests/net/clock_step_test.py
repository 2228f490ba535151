"""ping while somebody sets the wall clock, which its stamps are of.

It is set to what it says already: a step of nothing that a person would notice, and for the kernel one like any other, after
which the machine's clock counts as not synchronised until its time service comes by. Nobody else may measure at that time
and not everybody wants that, so this test runs alone, and only with SONDE_LONG in the environment.
"""
import os
import time

from laboratory import Skip, main, test
from link_emulator import EmulatedLink, Path, is_echo

COUNT, IN_FLIGHT_S = 200, 0.3


@test
def times_across_a_step_of_the_clock_are_void_and_outcomes_are_not(lab):
    if not os.environ.get("SONDE_LONG"):
        raise Skip("the machine's clock is set only by the long tests")
    try:
        time.clock_settime_ns(time.CLOCK_REALTIME, time.clock_gettime_ns(time.CLOCK_REALTIME))
    except PermissionError:
        raise Skip("nobody may set the clock here") from None
    with EmulatedLink(lab.client, lab.server, there=Path(delay_s=IN_FLIGHT_S, match=is_echo)) as link:
        process = lab.start_sonde("ping", target=link.ADDRESSES[4][1], count=COUNT, interval="20ms", tmax="10s")
        while len(link.log(EmulatedLink.THERE)) < 5:
            assert process.poll() is None, lab.finish_sonde(process)
            time.sleep(0.005)
        time.clock_settime_ns(time.CLOCK_REALTIME, time.clock_gettime_ns(time.CLOCK_REALTIME))
        run = lab.finish_sonde(process)
    rows = run.table("packet")
    assert [row["outcome"] for row in rows] == ["reply"] * COUNT, run
    void = [row for row in rows if row["rx"] is None]
    # What was on its way when the clock was set, and nothing else.
    assert 0 < len(void) < COUNT - 2, run
    for row in rows:
        times = [row[name] for name in ("tx_sched", "tx_software", "rtt_ns", "rtt_sched_ns", "local_queue_ns", "lateness_ns")]
        assert all((value is None) == (row["rx"] is None) for value in times), row
    summary, = run.table("summary")
    assert (summary["replies"], summary["loss_ratio"]) == (COUNT, 0), run
    assert summary["rtt_max_ns"] is not None and summary["rtt_max_ns"] >= IN_FLIGHT_S * 1e9, run


main()
