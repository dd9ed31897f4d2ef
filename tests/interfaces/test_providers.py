"""Whether providers are listed, called within limits, and taken by hand where nobody can be called."""

import socket
import threading
import time
from datetime import date, timedelta

import pytest

from interfaces.provider_peer import NOW, Asked, Peer, Said
from laidan.domain.payments.facts import Account, Intent, RefundIntent
from laidan.interfaces.providers.base import (
    ANSWER_SECONDS,
    Callback,
    ForgedCallbackError,
    NoAnswerError,
)
from laidan.interfaces.providers.calling import Call, send
from laidan.interfaces.providers.registry import PROVIDERS

pytestmark = pytest.mark.one_engine

INTENT = Intent(
    "P1", 6450, "CNY", "Order 1", "instructions", NOW + timedelta(minutes=30), "", "",
)  # fmt: skip
REFUND = RefundIntent("R1", "P1", None, 1000, 6450, "CNY", "x", "")


def test_every_provider_stands_under_its_code():
    assert list(PROVIDERS) == ["alipay", "wechat_pay", "stripe", "bank_transfer", "cash", "test"]
    assert all(code == one.code for code, one in PROVIDERS.items())
    assert [code for code, one in PROVIDERS.items() if one.is_by_hand] == ["bank_transfer", "cash"]
    assert [code for code, one in PROVIDERS.items() if one.is_for_tests] == ["test"]
    for one in PROVIDERS.values():
        assert {field.kind for field in one.fields} <= {"text", "choice", "lines", "secret", "pem"}
        assert len({field.name for field in one.fields}) == len(one.fields)


# --- by hand ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["cash", "bank_transfer"])
def test_money_by_hand_waits_for_people_and_calls_nobody(code: str):
    provider = PROVIDERS[code]
    told = "Send {amount} quoting {number}."
    account = Account("a1", "main", code, {"instructions": told})
    started = provider.start(account, INTENT, now=NOW)
    assert started.instructions == "Send CNY 64.50 quoting P1."
    assert (started.url, started.qr, started.reference) == (None, None, None)
    assert provider.query(account, "P1", None, now=NOW).state == "pending"
    assert provider.close(account, "P1", None, now=NOW).state == "expired"
    assert provider.refund(account, REFUND, now=NOW).state == "pending"
    assert provider.query_refund(account, REFUND, None, now=NOW).state == "pending"
    assert provider.fetch_bill(account, date(2026, 11, 22), now=NOW) == ()
    assert "people take this money" in provider.test_connection(account, now=NOW)
    with pytest.raises(ForgedCallbackError):
        provider.read_callback(account, Callback({}, b"{}"), now=NOW)
    bare = Account("a1", "main", code, {})
    assert provider.start(bare, INTENT, now=NOW).instructions == ""


# --- calling ----------------------------------------------------------------------------------


def test_an_answer_comes_whole(peer: Peer):
    peer.will(Said(b"x" * 100_000, 201, {"X-Mark": "1"}))
    answer = send(Call("POST", f"{peer.url}/a?b=c", {"X-Own": "2"}, b"body"))
    assert (answer.status, len(answer.body), answer.headers["x-mark"]) == (201, 100_000, "1")
    asked = peer.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", "/a?b=c", b"body")
    assert asked.headers["x-own"] == "2"


def _slow(asked: Asked) -> Said:
    time.sleep(0.6)
    return Said(b"late")


@pytest.mark.parametrize(
    ("answer", "at_most"),
    [
        (_slow, 100), (Said(b"x" * 101), 100), (Said(b"abc", cut=2), 100),
        (Said(b"", 301, {"Location": "/b"}), 100), (Said(b"", 307, {"Location": "/b"}), 100),
    ],
)  # fmt: skip
def test_late_long_broken_and_moved_answers_are_none(peer: Peer, answer: object, at_most: int):
    peer.will(answer)
    with pytest.raises(NoAnswerError):
        send(Call("GET", peer.url), seconds=0.2, at_most=at_most)
    assert len(peer.asked) == 1


def test_an_answer_that_trickles_in_is_given_up():
    listening = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        caller, _ = listening.accept()
        with caller:
            caller.recv(4096)
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            try:
                for _ in range(100):
                    caller.sendall(b"x" * 10)
                    time.sleep(0.05)
            except OSError:
                pass

    thread = threading.Thread(target=trickle)
    thread.start()
    with listening, pytest.raises(NoAnswerError):
        send(Call("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/"), seconds=0.3)
    thread.join()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "nowhere", "ftp://127.0.0.1/", "http://"])
def test_where_nobody_is_there_is_no_answer(url: str):
    with pytest.raises(NoAnswerError):
        send(Call("GET", url), seconds=0.5)


def test_a_call_shows_no_secret():
    call = Call("POST", "https://x.test/", {"Authorization": "Bearer s3cret"}, b"s3cret")
    assert "s3cret" not in repr(call)
    assert ANSWER_SECONDS <= 8
