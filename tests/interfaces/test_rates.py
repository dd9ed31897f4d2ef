"""How often a key, a key that opens nothing, and somebody who is not signed in may ask."""

import pytest
from django.test import Client

from interfaces.browsing import a_visitor, words
from interfaces.doors import order_body, place
from laidan.engine.rates import Rate
from laidan.interfaces.api import callers
from laidan.interfaces.web import arrivals

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_key_that_asks_too_often_is_told_when_to_come_again(
    door, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = Rate(3)
    monkeypatch.setattr(callers, "_keys", lambda: rate)
    answers = [place(door, key, order_body()) for _ in range(4)]
    assert [answer.status for answer in answers][3] == 429
    assert 429 not in [answer.status for answer in answers[:3]]
    last = answers[3]
    assert last.code == "too-many-requests"
    assert 1 <= int(last.headers["retry-after"]) <= 60


def test_guessed_keys_are_not_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "_strangers", Rate(2))
    asked = [
        Client().get("/api/v1/orders", headers={"Authorization": f"Bearer guess{n}"}).status_code
        for n in range(4)
    ]
    assert asked == [401, 401, 429, 429]


def test_strangers_are_slowed_down_and_people_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "Rate", lambda _: Rate(2))
    client = Client()
    statuses = [client.get("/sign-in", headers={"Accept-Language": "zh-CN"}) for _ in range(3)]
    assert [one.status_code for one in statuses] == [200, 200, 429]
    assert "访问过于频繁" in words(statuses[2])
    assert int(statuses[2]["Retry-After"]) <= 60
    visitor = a_visitor()
    assert {visitor.get("/me").status_code for _ in range(4)} == {200}
