"""`laidan serve`: says when it is ready, refuses what is unsafe, ends when told, leaves nothing."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cli.conftest import KEY, Place
from laidan.interfaces.cli.benchmark.server import free_port

PATIENCE = 180.0
HOST = "127.0.0.1"
linux = pytest.mark.skipif(sys.platform != "linux", reason="several processes: Linux only")


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)


@contextmanager
def serving(place: Place, *words: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a server, wait for its line, and make sure that nothing of it is left."""
    child = place.start("serve", *words, **variables)
    try:
        line = child.stdout.readline() if child.stdout else ""
        assert line.startswith("Laidan is ready: http://"), line + _rest(child)
        yield child
    finally:
        for pid in [*children_of(child.pid), child.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.communicate()


def _rest(child: "subprocess.Popen[str]") -> str:
    child.kill()
    return "".join(child.communicate())


def children_of(pid: int) -> list[int]:
    """The processes that a process started, where the kernel tells (Linux)."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def status_of(port: int, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


def answers(port: int) -> bool:
    """Whether a stranger's order is turned away, as it should be."""
    try:
        return status_of(port, "POST", "/api/v1/orders") == 401
    except (OSError, http.client.HTTPException):
        return False


def ends_with(child: "subprocess.Popen[str]", number: int) -> int:
    child.send_signal(number)
    return child.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(opened: Place, number: int):
    port = free_port()
    with serving(opened, PORT=str(port)) as child:
        assert answers(port)
        assert status_of(port, "GET", "/api/v1/there/is/nothing") == 404
        until(lambda: opened.rows("SELECT value FROM setting"), "the worker's heartbeat")
        assert ends_with(child, number) == 0
        assert not answers(port)


def test_the_lane_answers_orders(opened: Place):
    port = free_port()
    with serving(opened, "--port", str(port), "--no-worker"):
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        connection.request(
            "POST",
            "/api/v1/orders",
            b'{"shop": "main", "lines": [{"sku": "NONE", "quantity": 1}]}',
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        assert (answer.status, b"NONE" in answer.read()) == (422, True)
        connection.close()
        assert opened.rows("SELECT COUNT(*) FROM setting") == [(0,)]


def test_a_request_that_was_begun_is_answered_before_the_end(opened: Place):
    port = free_port()
    with serving(opened, PORT=str(port)) as child, socket.create_connection((HOST, port)) as client:
        client.sendall(
            b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            + f"Authorization: Bearer {KEY}\r\n".encode()
            + b"Content-Type: application/json\r\nContent-Length: 40\r\n\r\n"
        )
        # Half a request: the server has its head, and waits for the rest.
        client.sendall(b'{"shop": "main", "lines": [')
        until(lambda: answers(port), "an answer beside it")
        child.send_signal(signal.SIGTERM)
        until(lambda: not answers(port), "the end of listening")
        client.sendall(b'{"sku": "NO"}]}'.ljust(40 - 27))
        client.settimeout(PATIENCE)
        assert client.recv(100).startswith(b"HTTP/1.1 4")
        assert child.wait(PATIENCE) == 0


@linux
def test_several_processes_share_the_port_and_are_replaced(opened: Place):
    port = free_port()
    with serving(opened, "--processes", "2", PORT=str(port)) as child:
        first = children_of(child.pid)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(set(children_of(child.pid)) - {first[0]}) == 2, "a child in its place")
        until(lambda: all(answers(port) for _ in range(8)), "answers")
        assert ends_with(child, signal.SIGTERM) == 0
        assert not answers(port)


@pytest.mark.one_engine
@linux
def test_children_die_with_a_supervisor_that_is_killed(opened: Place):
    port = free_port()
    with serving(opened, "--processes", "2", PORT=str(port)) as child:
        born = children_of(child.pid)
        child.kill()
        child.wait()
        until(lambda: all(is_gone(pid) for pid in born), "the end of the children")
        assert not answers(port)


def is_gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def refusal(place: Place, *words: str, **variables: str) -> tuple[int, str]:
    code, out, err = place.run("serve", *words, **variables)
    assert out == ""
    assert err.count("\n") == 1, err
    return code, err


@pytest.mark.one_engine
def test_strangers_are_let_in_only_with_own_secrets(opened: Place):
    port = str(free_port())
    code, err = refusal(opened, "--host", "0.0.0.0", PORT=port)
    assert code == 1
    assert "LAIDAN_SECRET_KEY" in err
    # What the sentence says to do works.
    made = {
        name: subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name, script in zip(
            ("LAIDAN_SECRET_KEY", "LAIDAN_ENCRYPTION_KEYS"),
            re.findall(r'python3 -c "([^"]+)"', err),
            strict=True,
        )
    }
    with serving(opened, "--host", "0.0.0.0", PORT=port, **made):
        assert answers(int(port))


@pytest.mark.one_engine
def test_a_demo_may_be_shown_to_strangers(opened: Place):
    opened.rows("INSERT INTO setting (name, value) VALUES ('demo', '1')")
    with serving(opened, "--host", "0.0.0.0", PORT=str(free_port())):
        pass


def test_a_database_without_tables_is_refused(empty: Place):
    assert refusal(empty, PORT=str(free_port())) == (
        1,
        "laidan serve: the database is not up to date; run: laidan init\n",
    )


@pytest.mark.one_engine
def test_a_taken_port_is_refused(opened: Place):
    port = str(free_port())
    with serving(opened, PORT=port):
        code, err = refusal(opened, PORT=port)
    assert (code, "Address already in use" in err) == (1, True)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (["--port", "99999"], {}),
        (["--processes", "0"], {}),
        (["--host", "no such host"], {}),
    ],
)
def test_unusable_arguments_are_refused(opened: Place, words: list[str], variables: dict[str, str]):
    assert refusal(opened, *words, **variables)[0] == 2


@pytest.mark.one_engine
def test_a_port_that_is_no_number_is_refused(opened: Place):
    code, _, err = opened.run("serve", PORT="eight")
    assert (code, "invalid int value: 'eight'" in err) == (2, True)


def test_a_worker_of_its_own_works_and_ends(opened: Place):
    child = opened.start("worker")
    try:
        until(lambda: opened.rows("SELECT value FROM setting"), "the worker's heartbeat")
        assert ends_with(child, signal.SIGTERM) == 0
    finally:
        child.kill()
        child.communicate()
