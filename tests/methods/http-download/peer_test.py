"""The http-download method against sonde-peer: on loopback, and over a wire of known rate.

Called with the path of sonde-peer behind those of the command and the plugin.
"""
import contextlib
import math
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from sonde_peer import sonde_peer  # noqa: E402
from support import NameSpaces, case, equal, main, need_ipv6, run  # noqa: E402

PEER = sys.argv[3]


def peer(*addresses, space=None):
    return sonde_peer(PEER, *addresses, space=space)


def phases_are_sane(result):
    for row in result.table("stream"):
        equal((row["outcome"], row["http_status"], row["tls_version"], row["tls_ns"]), ("completed", 200, None, None),
              row)
        assert row["resolve_ns"] >= 0 and row["connect_ns"] > 0 and row["first_byte_ns"] > 0, row
        assert row["segment"] > 0 and row["receive_buffer"] > 0, row


@case
def a_run_by_bytes_brings_them_over_both_families():
    need_ipv6()
    with peer("127.0.0.1", "::1") as urls:
        for url, address in zip(urls, ("127.0.0.1", "::1")):
            result = run(url=f"{url}/bytes/20000000", bytes="30MB", streams=4)
            equal(result.exit, 0, result)
            summary = result.one("summary")
            equal((summary["bytes"], summary["address"], summary["ended_by"]), (30_000_000, address, "bytes"), result)
            equal(sum(row["bytes"] for row in result.table("stream")), 30_000_000)
            assert summary["ip_received_bytes"] > 30_000_000, summary
            phases_are_sane(result)


@case
def a_run_by_time_has_a_window_each_100_ms_and_a_rate_after_the_warm_up():
    with peer("127.0.0.1") as (url,):
        result = run(url=f"{url}/time/10s", duration="1500ms", warm_up="500ms", streams=2, limit="1000GB")
    equal(result.exit, 0, result)
    phases_are_sane(result)
    summary, windows = result.one("summary"), result.table("window")
    equal((summary["ended_by"], summary["duration_ns"], summary["duration_after_warm_up_ns"]),
          ("duration", 1_500_000_000, 1_000_000_000), result)
    equal([row["offset_ns"] for row in windows], list(range(0, 1_500_000_000, 100_000_000)))
    equal([row["after_warm_up"] for row in windows], [False] * 5 + [True] * 10)
    equal(sum(row["bytes"] for row in windows), summary["bytes"])
    equal(sum(row["bytes"] for row in windows[5:]), summary["bytes_after_warm_up"])
    assert math.isclose(summary["goodput_after_warm_up"], summary["bytes_after_warm_up"] * 8, rel_tol=1e-12), summary
    assert summary["ip_rate"] > 0 and summary["limited_by"] in ("receiver_cpu", "sender_or_path"), summary
    print(f"         loopback: {summary['goodput_after_warm_up'] / 1e9:.2f} Gb/s after warm-up, limited by "
          f"{summary['limited_by']}, busy {summary['busy']:.2f}")


@case
def what_the_peer_does_not_have_is_an_http_error():
    with peer("127.0.0.1") as (url,):
        result = run(url=f"{url}/nowhere")
    equal((result.exit, result.status, result.one("stream")["http_status"]), (1, "http_error", 404), result)


@case
def the_ip_layer_rate_is_that_of_the_shaper():
    with NameSpaces() as net, peer(*net.server_addresses, space=net.server) as urls:
        net.shape("40mbit", latency="200ms")
        shaped = 40e6 * 1500 / 1514  # the shaper counts Ethernet's header
        for url in urls:
            # While the machine itself stands still, the shaper sends less than its rate: the best of five.
            for last in (False, False, False, False, True):
                result = run(url=f"{url}/time/30s", duration="3s", warm_up="1s", streams=2, space=net.client)
                equal(result.exit, 0, result)
                summary = result.one("summary")
                off = summary["ip_rate"] / shaped - 1
                print(f"         {url}: {summary['ip_rate'] / 1e6:.3f} Mb/s at the IP layer, {off:+.2%} off the "
                      f"shaper's; goodput {summary['goodput_after_warm_up'] / 1e6:.3f} Mb/s")
                assert 0.9 < summary["goodput_after_warm_up"] / summary["ip_rate"] < 0.97, result
                assert off < 0.01, result
                if abs(off) < 0.01:
                    break
                assert not last, result
            # On a machine that has no processor for it, the run says so.
            equal(summary["limited_by"], "sender_or_path" if summary["busy"] < 0.9 else "receiver_cpu", result)


@case
def an_address_that_swallows_packets_costs_a_quarter_of_a_second():
    with NameSpaces() as net, peer(net.server_addresses[0], space=net.server) as (url,):
        # A neighbour that is not there would tell itself by its silence, after three seconds.
        subprocess.run(["ip", "-n", net.client, "neigh", "add", "2001:db8:77::99", "lladdr", "02:00:00:00:00:99", "nud",
                        "permanent", "dev", "line"], check=True)
        hosts = pathlib.Path("/etc/netns") / net.client / "hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        try:
            hosts.write_text(f"2001:db8:77::99 dual.example.test\n{net.server_addresses[0]} dual.example.test\n")
            began = time.monotonic()
            result = run(url=f"http://dual.example.test:{url.rsplit(':', 1)[1]}/bytes/1000000", bytes="1MB",
                         timeout="50s", space=net.client)
        finally:
            hosts.unlink()
            hosts.parent.rmdir()
            with contextlib.suppress(OSError):
                hosts.parent.parent.rmdir()
    equal(result.exit, 0, result)
    equal(result.one("stream")["address"], net.server_addresses[0], result)
    assert 0.25 < time.monotonic() - began < 40, result


if __name__ == "__main__":
    main()
