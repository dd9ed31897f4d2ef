"""The personal centre: profile, password, sessions, API keys."""

import re

import pytest
from django.test import Client

from builders import a_user
from interfaces.browsing import PASSWORD, a_visitor, words
from laidan.domain.access.models import ApiKey, User
from laidan.domain.audit.models import Operation
from laidan.domain.security.models import UserSession
from laidan.usecases import grant_access, keep_sessions

pytestmark = pytest.mark.django_db(transaction=True)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
NEW = "a-better-password-9"


def signed_in(username: str = "clerk", agent: str = FIREFOX, **more: str) -> Client:
    client = Client(headers={"User-Agent": agent}, **more)
    answer = client.post("/sign-in", {"username": username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def test_the_profile_is_kept_and_logged_with_before_and_after() -> None:
    client = a_visitor("orders:read")
    response = client.post(
        "/me",
        {"name": "王小明 <b>", "email": "w@example.com", "language": "zh-hans",
         "density": "comfortable"},
    )  # fmt: skip
    assert (response.status_code, response["Location"]) == (302, "/me")
    page = client.get("/me")
    assert "王小明 &lt;b&gt;" in page.content.decode()
    assert "我的账户" in words(page)
    assert re.search(r'value="comfortable" checked', page.content.decode())
    entry = Operation.objects.get(action="user.changed")
    assert (entry.actor, entry.door, entry.address) == ("user:clerk", "page", "127.0.0.1")
    assert '"name":["","王小明 <b>"]' in entry.changes
    client.post("/me", {"name": "王小明 <b>", "email": "w@example.com", "language": "zh-hans"})
    assert Operation.objects.filter(action="user.changed").count() == 1


@pytest.mark.parametrize(
    ("field", "rubbish"),
    [("email", "no address"), ("email", "a@" + "b" * 390), ("name", "\x07bell"),
     ("name", "x" * 200), ("language", "klingon")],
)  # fmt: skip
def test_rubbish_in_the_profile_is_said_at_the_field_and_stays_typed(
    field: str, rubbish: str
) -> None:
    client = a_visitor()
    values = {"name": "Mei", "email": "m@example.com", "language": "en"} | {field: rubbish}
    response = client.post("/me", values)
    assert response.status_code == 422
    assert 'class="form-error"' in response.content.decode()
    assert User.objects.get(username="clerk").name == ""


def test_a_new_password_ends_every_other_session_and_keeps_this_one() -> None:
    a_user("clerk", password=PASSWORD)
    here, there = signed_in(), signed_in(agent="curl")
    response = here.post("/me/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert response.status_code == 302
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 302
    assert UserSession.objects.count() == 1
    assert "This one" in words(here.get("/me/sessions"))
    assert Client().post("/sign-in", {"username": "clerk", "password": NEW}).status_code == 302
    assert Operation.objects.filter(action="password.changed").count() == 1
    assert NEW not in str(list(Operation.objects.values()))


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "This is not your present password."),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "12345678901", "12345678901", "entirely numeric"),
        (PASSWORD, NEW, "other", "The two new passwords differ."),
        (PASSWORD, PASSWORD, PASSWORD, "is the present one"),
        ("", "", "", "This is not your present password."),
        (PASSWORD, "\x00" * 9, "\x00" * 9, "none that is no text"),
    ],
)
def test_a_password_that_will_not_do(current: str, new: str, again: str, said: str) -> None:
    client = a_visitor()
    response = client.post("/me/password", {"current": current, "new": new, "again": again})
    assert response.status_code == 422
    assert said in words(response)
    assert client.get("/me").status_code == 200


def test_guessing_the_present_password_has_to_wait() -> None:
    client = a_visitor()
    for _ in range(5):
        client.post("/me/password", {"current": "guess", "new": NEW, "again": NEW})
    response = client.post("/me/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert (response.status_code, response["Retry-After"]) == (429, "30")


def test_sessions_are_listed_and_ended_one_by_one_or_all_others() -> None:
    a_user("clerk", password=PASSWORD)
    here = signed_in()
    others = [signed_in(agent="curl", REMOTE_ADDR=f"10.0.0.{n}") for n in (7, 8, 9)]
    shown = words(here.get("/me/sessions"))
    assert "Firefox, Linux" in shown
    assert "10.0.0.8" in shown
    first = UserSession.objects.get(address="10.0.0.7")
    here.post("/me/sessions/end", {"session": first.pk})
    assert [client.get("/me").status_code for client in others] == [302, 200, 200]
    here.post("/me/sessions/end", {"session": "others"})
    assert [client.get("/me").status_code for client in others] == [302, 302, 302]
    assert here.get("/me").status_code == 200
    for rubbish in ("", "rubbish", "\x00", "x" * 5000):
        assert here.post("/me/sessions/end", {"session": rubbish}).status_code == 302
    assert here.get("/me").status_code == 200


def test_nobody_ends_the_session_of_somebody_else() -> None:
    a_user("clerk", password=PASSWORD)
    a_user("other", password=PASSWORD)
    here, theirs = signed_in(), signed_in("other")
    wanted = UserSession.objects.exclude(user_id=User.objects.get(username="clerk").pk).get()
    here.post("/me/sessions/end", {"session": wanted.pk})
    assert theirs.get("/me").status_code == 200


def test_signing_out_and_disabling_end_sessions_at_once() -> None:
    a_user("clerk", password=PASSWORD)
    a_user("boss")
    first, second = signed_in(), signed_in()
    first.post("/sign-out")
    assert UserSession.objects.count() == 1
    grant_access.disable_user("clerk", now=User.objects.get(username="clerk").created_at)
    assert second.get("/me").status_code == 302
    assert keep_sessions.clean_sessions(now=User.objects.get(username="boss").created_at) == 1
    assert not UserSession.objects.exists()


def test_a_key_is_shown_once_and_opens_until_it_is_revoked() -> None:
    client = a_visitor()
    made = client.post("/me/keys", {"name": "till <i>", "scopes": ["orders:read"], "span": "30"})
    token = re.search(r'data-copy="(ldk_\w+)"', made.content.decode())
    assert token is not None
    assert token[1] not in client.get("/me/keys").content.decode()
    assert "till &lt;i&gt;" in client.get("/me/keys").content.decode()
    headers = {"Authorization": f"Bearer {token[1]}"}
    grant_access.forget_keys()
    assert Client().get("/api/v1/orders", headers=headers).status_code == 200
    key = ApiKey.objects.get()
    assert key.expires_at is not None
    assert a_visitor(username="other").post("/me/keys/revoke", {"key": key.pk}).status_code == 302
    assert ApiKey.objects.get().revoked_at is None
    client.post("/me/keys/revoke", {"key": key.pk})
    assert Client().get("/api/v1/orders", headers=headers).status_code == 401
    assert "Revoked" in words(client.get("/me/keys"))


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "scopes": ["*"], "span": ""},
        {"name": "x" * 5000, "scopes": ["*"], "span": ""},
        {"name": "k", "scopes": [], "span": ""},
        {"name": "k", "scopes": ["root"], "span": ""},
        {"name": "k", "scopes": ["*"], "span": "forever"},
        {"name": "\x00", "scopes": ["*"], "span": ""},
    ],
)
def test_rubbish_makes_no_key(form: dict[str, object]) -> None:
    response = a_visitor().post("/me/keys", form)
    assert response.status_code == 422
    assert 'class="form-error"' in response.content.decode()
    assert not ApiKey.objects.exists()


def test_strangers_and_those_without_the_right_are_kept_out() -> None:
    for path in ("/me", "/me/password", "/me/two-factor", "/me/sessions", "/me/keys"):
        assert Client().get(path)["Location"].startswith("/sign-in?next=")
    assert a_visitor("orders:read").get("/me/keys").status_code == 403
    assert a_visitor("orders:read", username="b").get("/me/sessions").status_code == 200


def test_theme_and_language_follow_a_person_into_every_browser() -> None:
    one = a_visitor("orders:read")
    other = a_visitor("orders:read")
    assert one.post("/me/theme", {"theme": "dark"}).status_code == 204
    assert one.cookies["theme"].value == "dark"
    assert one.post("/language", {"language": "zh-hans", "next": "/me"}).status_code == 302
    page = other.get("/me")
    assert 'data-theme="dark"' in page.content.decode()
    assert 'lang="zh-Hans"' in page.content.decode()
    assert "我的账户" in words(page)
    third = signed_in()
    assert (third.cookies["theme"].value, third.cookies["django_language"].value) == (
        "dark", "zh-hans",
    )  # fmt: skip
    refused = one.post("/me/theme", {"theme": "pink"})
    assert (refused.status_code, User.objects.get().theme) == (422, "dark")
    told = Operation.objects.filter(action="user.changed").values_list("changes", flat=True)
    assert list(told) == ['{"theme":["","dark"]}', '{"language":["","zh-hans"]}']
    assert Client().post("/language", {"language": "en"}).status_code == 302
    assert Client().post("/me/theme", {"theme": "dark"}).status_code == 401
