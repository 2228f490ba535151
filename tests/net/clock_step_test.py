"""The methods whose stamps are of the wall clock, while somebody sets it.

As a rule it is set to what it says already: a step of nothing that a person would notice, and for the kernel one like any
other, after which the machine's clock counts as not synchronised until its time service comes by. dns looks at the clock
itself, so for it there is a step of 50 ms, and one back. Nobody else may measure at that time and not everybody wants that, so
this test runs alone, and only with SONDE_LONG in the environment.
"""
import os
import socket
import threading
import time

from laboratory import CLIENT, SERVER, Namespace, Skip, main, test
from link_emulator import EmulatedLink, Path, is_echo
from set_ups import ACK, SYN, arriving, ethernet, inject, ip4, segment, start

COUNT, IN_FLIGHT_S, STEP_MS = 200, 0.3, 50
PORT = 5300


def set_clock(ahead_ms=0):
    if not os.environ.get("SONDE_LONG"):
        raise Skip("the machine's clock is set only by the long tests")
    try:
        time.clock_settime_ns(time.CLOCK_REALTIME, time.clock_gettime_ns(time.CLOCK_REALTIME) + ahead_ms * 1_000_000)
    except PermissionError:
        raise Skip("nobody may set the clock here") from None


@test
def times_across_a_step_of_the_clock_are_void_and_outcomes_are_not(lab):
    set_clock()
    with EmulatedLink(lab.client, lab.server, there=Path(delay_s=IN_FLIGHT_S, match=is_echo)) as link:
        process = lab.start_sonde("ping", target=link.ADDRESSES[4][1], count=COUNT, interval="20ms", tmax="10s")
        while len(link.log(EmulatedLink.THERE)) < 5:
            assert process.poll() is None, lab.finish_sonde(process)
            time.sleep(0.005)
        set_clock()
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


def answer_late(server, asked, done):
    """Answers each query without a record, so much later."""
    while not done.is_set():
        try:
            query, sender = server.recvfrom(1500)
        except TimeoutError:
            continue
        asked.append(query)
        end = query.index(b"\0", 12) + 5  # of the question
        answer = query[:2] + b"\x81\x80" + query[4:6] + bytes(6) + query[12:end]
        threading.Timer(IN_FLIGHT_S, server.sendto, (answer, sender)).start()


@test
def response_times_across_a_step_are_void_and_answers_are_answers(lab):
    set_clock()
    with Namespace(lab.server):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, PORT))
    server.settimeout(0.1)
    asked, done = [], threading.Event()
    answering = threading.Thread(target=answer_late, args=(server, asked, done))
    answering.start()
    try:
        process = lab.start_sonde("dns", server=SERVER, port=PORT, name="www.example.test", count=COUNT, interval="20ms",
                                  timeout="5s", linger="0s")
        while len(asked) < 20:
            assert process.poll() is None, lab.finish_sonde(process)
            time.sleep(0.005)
        set_clock(STEP_MS)
        run = lab.finish_sonde(process)
    finally:
        set_clock(-STEP_MS)
        done.set()
        answering.join()
    rows = run.table("query")
    assert [row["outcome"] for row in rows] == ["answer"] * COUNT, run
    void = [row for row in rows if row["response_time_ns"] is None]
    assert 0 < len(void) < COUNT - 2 and {row["reason"] for row in void} == {"the clock was set meanwhile"}, run
    # None of the others has the step in it.
    latest = (IN_FLIGHT_S + STEP_MS / 1000 * 0.8) * 1e9
    assert all(IN_FLIGHT_S * 1e9 <= row["response_time_ns"] < latest for row in rows if row not in void), run
    assert all(row["local_queue_ns"] is None or row["local_queue_ns"] < STEP_MS * 1e6 / 2 for row in rows), run


@test
def what_is_counted_across_a_step_is_not_exact(lab):
    set_clock()
    for counter in ("ring", "kernel"):
        process = start(lab, interval="400ms", intervals=8, counter=counter, direction="in")
        time.sleep(1)
        set_clock()
        run = lab.finish_sonde(process)
        exact = [row["exact"] for row in run.table("interval") if row["family"] == 4]
        assert len(exact) == 8 and exact[0] and exact[-1] and not all(exact), run


@test
def no_handshake_is_measured_across_a_step(lab):
    set_clock()
    answer = ethernet(0x0800, ip4(segment(SYN | ACK, 9, 6, ports=(80, 1234)), source=CLIENT, target=SERVER))
    process = start(lab, "passive-handshake", direction="in", interval="400ms", intervals=8, singletons="true", tmax="20s")
    time.sleep(0.5)
    inject(lab, [arriving(segment(SYN, 5))])
    time.sleep(0.2)
    set_clock()
    time.sleep(0.2)
    inject(lab, [answer], lab.client, "c0")
    run = lab.finish_sonde(process)
    rows = [row for row in run.table("interval") if (row["family"], row["direction"]) == (4, "in")]
    assert sum(row["begun"] for row in rows) == 1 and not all(row["exact"] for row in rows) and rows[-1]["exact"], run
    assert run.table("handshake") == [] and sum(row["answered"] for row in rows) == 0, run


main()
