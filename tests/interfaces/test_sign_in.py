"""Signing in and out: who is let in, what a wrong password is told, where one goes."""

import pytest
from django.core.cache import cache
from django.test import Client

from builders import a_user
from interfaces.browsing import PASSWORD, a_visitor, words
from laidan.interfaces.web import attempts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_tries() -> None:
    cache.clear()


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
    for _ in range(attempts.TRIES + 2):
        response = send(Client(), password="")
    assert (response.status_code, "Type your username" in words(response)) == (422, True)


def test_after_ten_wrong_tries_the_right_password_has_to_wait() -> None:
    a_user("clerk", password=PASSWORD)
    a_user("other", password=PASSWORD)
    client = Client()
    for _ in range(attempts.TRIES):
        assert send(client, password="wrong").status_code == 422
    response = send(client)
    assert (response.status_code, response["Retry-After"]) == (429, "300")
    assert "Wait 5 minutes" in words(response)
    other = client.post("/sign-in", {"username": "other", "password": PASSWORD})
    assert other.status_code == 302


def test_the_right_password_forgets_the_wrong_tries() -> None:
    a_user("clerk", password=PASSWORD)
    for _ in range(3):
        for _ in range(attempts.TRIES - 1):
            send(Client(), password="wrong")
        assert send(Client()).status_code == 302


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
