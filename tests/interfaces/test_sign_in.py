"""Signing in and out: who is let in, what a wrong password is told, where one goes."""

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_user
from interfaces.browsing import PASSWORD, a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.security import core
from laidan.domain.security.models import Tries

pytestmark = pytest.mark.django_db(transaction=True)
FREE = 4
"""Wrong tries under one name before the waits begin."""


def send(client: Client, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", {"username": "clerk", "password": password} | more)


def test_a_stranger_is_asked_to_sign_in_and_then_goes_where_he_wanted() -> None:
    a_user("clerk", password=PASSWORD)
    client = Client()
    response = client.get("/orders?state=open&q=a b")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in?next=%2Forders%3Fstate%3Dopen%26q%3Da+b".replace(
        "a+b", "a%2520b"
    )
    shown = client.get(response["Location"])
    assert 'name="next" value="/orders?state=open&amp;q=a%20b"' in shown.content.decode()
    answer = send(client, next="/orders?state=open&q=a%20b")
    assert (answer.status_code, answer["Location"]) == (302, "/orders?state=open&q=a%20b")
    assert client.get("/orders").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""]
)
def test_nobody_is_sent_elsewhere(target: str) -> None:
    a_user("clerk", password=PASSWORD)
    assert send(Client(), next=target)["Location"] == "/"


def test_a_wrong_password_is_told_what_to_do_and_the_name_stays() -> None:
    a_user("clerk", password=PASSWORD)
    response = send(Client(), password="Wr0ng<b>")
    assert response.status_code == 422
    assert "Username and password do not match" in words(response)
    assert 'value="clerk"' in response.content.decode()
    assert "Wr0ng" not in response.content.decode()


def test_nothing_typed_is_said_without_counting_as_a_try() -> None:
    response = send(Client(), password="")
    assert (response.status_code, "Type your username" in words(response)) == (422, True)
    assert not Tries.objects.exists()


@pytest.mark.parametrize("name", ["clerk", "nobody-has-this-name"])
def test_after_five_wrong_tries_one_has_to_wait_whoever_it_is(name: str) -> None:
    a_user("clerk", password=PASSWORD)
    a_user("other", password=PASSWORD)
    client = Client()
    for _ in range(FREE + 1):
        assert send(client, password="wrong", username=name).status_code == 422
    response = send(client, username=name)
    assert (response.status_code, response["Retry-After"]) == (429, "30")
    assert "Tried too often. Wait 30 seconds" in words(response)
    assert client.post("/sign-in", {"username": "other", "password": PASSWORD}).status_code == 302
    refused = Operation.objects.filter(action="sign-in.refused").order_by("seq")
    assert [one.reason for one in refused] == ["sign-in-refused"] * 5 + ["too-many-tries"]
    # What somebody typed who has no account here may be a password.
    assert {one.label for one in refused} == {"clerk" if name == "clerk" else ""}
    assert {one.address for one in refused} == {"127.0.0.1"}


def test_waits_grow_and_an_administrator_ends_them() -> None:
    a_user("clerk", password=PASSWORD)
    key = tries_of("clerk")
    for failures, wait in ((5, "60"), (7, "240"), (40, "3600")):
        Tries.objects.filter(pk=key).update(failures=failures, blocked_until=None)
        if failures == 5:
            Tries.objects.create(
                key=key, kind="user", label="clerk", failures=5, last_at=timezone.now()
            )
        assert send(Client(), password="wrong").status_code == 422
        assert send(Client())["Retry-After"] == wait
    boss = a_visitor(username="boss")
    page = boss.get("/settings/sign-in")
    assert "clerk" in words(page)
    assert boss.post("/settings/sign-in/unblock", {"key": key}).status_code == 302
    assert send(Client()).status_code == 302
    reader = a_visitor("orders:read", username="reader")
    assert reader.get("/settings/sign-in").status_code == 403


def test_many_tries_from_one_address_make_it_wait() -> None:
    a_user("clerk", password=PASSWORD)
    address = {"REMOTE_ADDR": "2001:db8:1:2::7"}
    key = core.tries_key("address", "2001:db8:1:2::/64")
    Tries.objects.create(
        key=key, kind="address", label="2001:db8:1:2::/64", failures=29, last_at=timezone.now()
    )
    client = Client(**address)
    assert client.post("/sign-in", {"username": "x", "password": "y"}).status_code == 422
    neighbour = Client(REMOTE_ADDR="2001:db8:1:2::8")
    assert send(neighbour).status_code == 429
    assert send(Client()).status_code == 302


def test_the_right_password_forgets_the_wrong_tries() -> None:
    a_user("clerk", password=PASSWORD)
    for _ in range(2):
        for _ in range(FREE):
            send(Client(), password="wrong")
        assert send(Client()).status_code == 302


def tries_of(username: str) -> str:
    return core.tries_key("user", username)


def test_who_was_disabled_is_shut_out_at_once() -> None:
    client = a_visitor()
    assert client.get("/").status_code == 200
    user = a_user("clerk")
    user.is_active = False
    user.save()
    assert client.get("/").status_code == 302
    assert send(Client()).status_code == 422


def test_signing_out_takes_a_form_and_ends_the_session() -> None:
    client = a_visitor()
    assert client.get("/sign-out").status_code == 405
    assert client.get("/").status_code == 200
    response = client.post("/sign-out")
    assert (response["Location"], response["Clear-Site-Data"]) == ("/sign-in", '"cache"')
    assert client.get("/").status_code == 302


def test_a_forged_form_is_refused_by_a_page_that_says_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    response = send(client)
    assert response.status_code == 403
    assert "This page was open too long" in words(response)


def test_the_script_of_a_page_is_told_that_the_session_is_over() -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/orders?late=true"}
    response = Client().get("/orders?late=true", headers=asked)
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/sign-in?next=%2Forders%3Flate%3Dtrue"
    response = Client().post("/orders/LD1/acts/ship", headers=asked)
    assert (response.status_code, response["HX-Reswap"]) == (401, "none")
    assert "nothing was sent" in response["HX-Trigger"]


def test_without_the_right_a_page_is_refused_in_the_reader_s_language() -> None:
    assert "您没有权限，请联系管理员" in words(a_visitor("stock:read", language="zh-CN").get("/"))
    response = a_visitor("stock:read").get("/orders")
    assert response.status_code == 403
    assert "ask your administrator" in words(response)
