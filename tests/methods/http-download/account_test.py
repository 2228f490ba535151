"""The bytes that the http methods tell are those that the interface has counted, however a run ends.

Called with the paths of sonde-peer and of http-upload behind those of the command and http-download.
"""
import pathlib
import subprocess
import sys

TESTS_FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TESTS_FOLDER / "methods"), str(TESTS_FOLDER / "net")]

from laboratory import Namespace  # noqa: E402
from firewall import drop, port_of  # noqa: E402
from line_bytes import account, count_chatter, know_neighbours, regular_account  # noqa: E402
from sonde_peer import make_identity, sonde_peer  # noqa: E402
from support import Listener, NameSpaces, case, equal, listens_on, main, method, reset, says  # noqa: E402

SONDE, DOWNLOAD, PEER, UPLOAD = sys.argv[1:5]

def quiet_line(net, rate="100mbit", latency="1s"):
    """All of a run fits the queues, so that nothing is lost and sent again, and nobody asks for a neighbour."""
    know_neighbours(net)
    for space in (net.client, net.server):
        net.shape(rate, latency=latency, space=space)
    count_chatter(net)


def exact(net, what, status=None, **options):
    result, told, line, is_regular = regular_account(net, **options)
    equal(result.status, status, result)
    if not is_regular:
        assert all(abs(mine - all_) <= 0.01 * all_ + 5000 for mine, all_ in zip(told, line)), (what, told, line)
        print(f"         {what}: irregular segments each time; told {told} of {line}")
        return result
    print(f"         {what}: {line}")
    equal(told, line, f"{what}: (received, sent) told, and at the interface\n{result}")
    for row in result.table("summary"):
        equal((row["ip_received_bytes"], row["ip_sent_bytes"]), told, result)
    return result


@case
def whatever_ends_a_run_its_bytes_are_those_of_the_interface(folder):
    identity = make_identity(folder)
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server, identity=identity) as urls:
        quiet_line(net)
        for url in urls:
            tls = {"ca": f"{identity}/ca.pem"} if url.startswith("https") else {}
            for plugin, what, path, options in (
                    (DOWNLOAD, "by time", "/time/60s", {"duration": "1s", "streams": 2}),
                    (DOWNLOAD, "by bytes of a longer body", "/bytes/50MB", {"bytes": "1MB"}),
                    (DOWNLOAD, "with probes", "/bytes/3MB", {"bytes": "3MB", "responsiveness": "true"}),
                    (UPLOAD, "up, by time", "/upload", {"duration": "1s"}),
                    (UPLOAD, "up, with probes", "/upload", {"bytes": "3MB", "responsiveness": "true"})):
                with method(plugin):
                    exact(net, f"{url} {what}", url=url + path, warm_up="200ms", **options, **tls)


@case
def the_bytes_of_a_run_that_fails_are_those_of_the_interface():
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(200_000)
    servers = ((says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found", then=listens_on), "http_error"),
               (says(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"), "redirect"),
               (says(b"\0" * 3000, then=listens_on), "bad_response"),
               (says(then=listens_on), "timeout"),
               (says(body, then=listens_on), "timeout"),
               (says(body), "connection_lost"),
               (says(then=reset), "connection_lost"))
    with NameSpaces() as net:
        quiet_line(net)
        for address in net.server_addresses:
            for behave, status in servers:
                with Namespace(net.server):
                    server = Listener(behave, address=address)
                with server:
                    for plugin in (DOWNLOAD, UPLOAD) if status == "http_error" else (DOWNLOAD,):
                        with method(plugin):
                            exact(net, f"{server.url} {status}", status=status, url=server.url, timeout="1s",
                                  duration="5s")


@case
def of_an_upload_that_the_server_breaks_off_no_more_than_its_resets_are_missing():
    redirects = says(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    with NameSpaces() as net:
        quiet_line(net)
        for address in net.server_addresses:
            with Namespace(net.server):
                server = Listener(redirects, address=address)
            with server, method(UPLOAD):
                result, told, line = account(net, url=server.url, duration="5s")
            print(f"         {server.url}: received {told[0]} of {line[0]}, sent {told[1]} of {line[1]}")
            equal((result.status, told[1]), ("redirect", line[1]), result)
            assert abs(line[0] - told[0]) <= 60 * (line[1] / 1400 + 1), result


@case
def the_bytes_of_connections_that_came_to_nothing_are_told_too(folder):
    hosts = pathlib.Path(folder) / "hosts"
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        quiet_line(net)
        port = port_of(url)
        hosts.write_text(f"{net.server_addresses[1]} dual.example.test\n{net.server_addresses[0]} dual.example.test\n")
        for address in (net.server_addresses[0], f"[{net.server_addresses[1]}]"):
            exact(net, f"{address} refuses", status="connect_refused", url=f"http://{address}:9/")
        drop(net, f"meta nfproto ipv6 tcp dport {port}")
        exact(net, "the first address is silent", url=f"http://dual.example.test:{port}/bytes/20kB", bytes="20kB",
              hosts=str(hosts))


@case
def a_server_without_timestamps_has_other_headers():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        quiet_line(net)
        subprocess.run(["ip", "netns", "exec", net.server, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/tcp_timestamps"],
                       check=True)
        for url in urls:
            exact(net, f"{url} without timestamps", url=f"{url}/bytes/1MB", bytes="1MB")


@case
def a_run_that_is_cut_off_on_a_slow_line_tells_no_byte_too_few():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        quiet_line(net, rate="2mbit", latency="3s")
        for url in urls:
            result, told, line = account(net, url=f"{url}/time/60s", duration="60s", warm_up="200ms", deadline="3s")
            equal(result.one("summary")["ended_by"], "cancelled", result)
            print(f"         {url}: received {told[0]} for {line[0]}, sent {told[1]} for {line[1]}")
            assert result.took_s < 20, result
            window = result.one("stream")["receive_buffer"]
            assert line[0] <= told[0] <= line[0] + 1.06 * window, result
            assert line[1] <= told[1] <= line[1] + 0.1 * window, result


if __name__ == "__main__":
    main()
