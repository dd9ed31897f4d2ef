"""Two-factor sign-in: set up, asked for, forced by a role, and what is refused."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_user
from interfaces.browsing import PASSWORD, a_visitor, words
from laidan.domain.access.models import User
from laidan.domain.audit.models import Operation
from laidan.domain.security.models import RecoveryCode, SecondFactor
from laidan.usecases import second_factor

pytestmark = pytest.mark.django_db(transaction=True)


def secret_of(username: str = "clerk") -> str:
    factor = SecondFactor.objects.get(pk=User.objects.get(username=username).pk)
    return second_factor._secret(factor)


def code_of(username: str = "clerk", *, steps: int = 0) -> str:
    """What somebody's app shows, so many steps from now."""
    at = timezone.now() + timedelta(seconds=30 * steps)
    return second_factor._totp(secret_of(username)).generate(int(at.timestamp())).decode()


def enrolled(client: Client) -> list[str]:
    """Set a second factor up on the page; return the recovery codes."""
    assert client.get("/me/two-factor/set-up").status_code == 200
    response = client.post("/me/two-factor/set-up", {"code": code_of(steps=-1)})
    assert response.status_code == 200
    return re.findall(r"<li><code>([\w-]+)</code>", response.content.decode())


def sign_in(client: Client, **more: str):
    return client.post("/sign-in", {"username": "clerk", "password": PASSWORD} | more)


def actions() -> list[str]:
    return list(Operation.objects.order_by("id").values_list("action", flat=True))


def test_setting_up_shows_a_picture_and_ten_codes_once() -> None:
    client = a_visitor()
    page = client.get("/me/two-factor/set-up").content.decode()
    assert "<svg" in page
    assert secret_of() in page
    assert 'style="' not in page
    codes = enrolled(client)
    assert (len(set(codes)), {len(code) for code in codes}) == (10, {17})
    kept = RecoveryCode.objects.values_list("digest", flat=True)
    assert len(kept) == 10
    assert not any(code.replace("-", "") in digest for code in codes for digest in kept)
    assert secret_of() not in SecondFactor.objects.get().secret
    assert "10 recovery codes are left" in words(client.get("/me/two-factor"))
    assert client.get("/me/two-factor/set-up")["Location"] == "/me/two-factor"
    assert actions() == ["second-factor.enabled"]


@pytest.mark.parametrize(
    "rubbish",
    ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00" * 6, "9" * 5000, "<b>1</b>"],
)
def test_rubbish_for_a_code_is_refused_at_the_field(rubbish: str) -> None:
    client = a_visitor()
    client.get("/me/two-factor/set-up")
    response = client.post("/me/two-factor/set-up", {"code": rubbish})
    assert response.status_code == 422
    assert "This code is not right" in words(response)
    assert "<b>1" not in response.content.decode()
    assert not RecoveryCode.objects.exists()


def test_the_password_alone_opens_nothing() -> None:
    enrolled(a_visitor())
    client = Client()
    assert sign_in(client, next="/orders")["Location"] == "/sign-in/code"
    assert client.get("/orders").status_code == 302
    assert client.get("/me").status_code == 302
    assert client.get("/api/v1/orders").status_code == 401
    response = client.post("/sign-in/code", {"code": "000000"})
    assert response.status_code == 422
    code = code_of()
    response = client.post("/sign-in/code", {"code": f" {code[:3]} {code[3:]} "})
    assert (response.status_code, response["Location"]) == (302, "/orders")
    assert client.get("/orders").status_code == 200
    assert Client().get("/sign-in/code")["Location"] == "/sign-in"


def test_a_code_opens_once_and_none_before_it_either() -> None:
    enrolled(a_visitor())
    first, second = Client(), Client()
    code, older = code_of(), code_of(steps=-1)
    assert sign_in(first).status_code == sign_in(second).status_code == 302
    assert first.post("/sign-in/code", {"code": code}).status_code == 302
    for again in (code, older):
        assert second.post("/sign-in/code", {"code": again}).status_code == 422


def test_a_recovery_code_opens_once_and_is_written_down() -> None:
    codes = enrolled(a_visitor())
    first, second = Client(), Client()
    sign_in(first)
    typed = codes[0].upper().replace("-", " ")
    assert first.post("/sign-in/code", {"code": typed}).status_code == 302
    assert "You used a recovery code" in words(first.get("/me/two-factor"))
    assert "9 recovery codes are left" in words(first.get("/me/two-factor"))
    sign_in(second)
    assert second.post("/sign-in/code", {"code": codes[0]}).status_code == 422
    assert "recovery-code.used" in actions()
    assert "sign-in.refused" in actions()


def test_wrong_codes_make_one_wait() -> None:
    enrolled(a_visitor())
    client = Client()
    sign_in(client)
    for _ in range(5):
        assert client.post("/sign-in/code", {"code": "000000"}).status_code == 422
    response = client.post("/sign-in/code", {"code": code_of()})
    assert (response.status_code, response["Retry-After"]) == (429, "30")


def test_half_a_sign_in_ends_with_the_password_it_began_with() -> None:
    enrolled(a_visitor())
    client = Client()
    sign_in(client)
    user = User.objects.get(username="clerk")
    user.set_password("another-password-9")
    user.save()
    response = client.post("/sign-in/code", {"code": code_of()})
    assert response["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_a_role_that_needs_it_forces_setting_up_at_the_next_sign_in() -> None:
    boss = a_visitor(username="boss")
    assert (
        boss.post("/settings/sign-in", {"roles": ["administrator", "made-up"]}).status_code == 302
    )
    a_user("clerk", password=PASSWORD)
    client = Client()
    assert sign_in(client, next="/orders")["Location"] == "/sign-in/set-up"
    assert client.get("/orders").status_code == 302
    assert client.post("/sign-in/set-up", {"kept": "1"})["Location"] == "/sign-in"
    sign_in(client, next="/orders")
    assert "Your role needs a second factor" in words(client.get("/sign-in/set-up"))
    assert client.post("/sign-in/set-up", {"code": "1"}).status_code == 422
    shown = client.post("/sign-in/set-up", {"code": code_of()})
    assert "Recovery codes" in words(shown)
    assert client.get("/orders").status_code == 302
    assert client.post("/sign-in/set-up", {"kept": "1"})["Location"] == "/orders"
    assert client.get("/orders").status_code == 200
    refused = client.post("/me/two-factor/off", {"code": code_of(steps=1)})
    assert "cannot be turned off" in words(refused)
    assert SecondFactor.objects.filter(confirmed_at__isnull=False).exists()


def test_turning_off_and_new_codes_take_a_code() -> None:
    client = a_visitor()
    enrolled(client)
    assert client.post("/me/two-factor/off", {"code": "000000"}).status_code == 422
    before = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert client.post("/me/two-factor/codes", {"code": code_of()}).status_code == 200
    assert not before & set(RecoveryCode.objects.values_list("digest", flat=True))
    assert client.post("/me/two-factor/off", {"code": code_of(steps=1)}).status_code == 302
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert sign_in(Client())["Location"] == "/"


def test_an_administrator_forgets_a_lost_factor() -> None:
    enrolled(a_visitor())
    boss = a_visitor(username="boss")
    assert "clerk" in words(boss.get("/settings/sign-in"))
    lesser = a_visitor("users.manage", username="lesser")
    lesser.post("/settings/sign-in/reset", {"username": "clerk"})
    assert SecondFactor.objects.count() == 1
    assert boss.post("/settings/sign-in/reset", {"username": "clerk"}).status_code == 302
    assert boss.post("/settings/sign-in/reset", {"username": "\x00nobody"}).status_code == 302
    assert sign_in(Client())["Location"] == "/"
    entry = Operation.objects.get(action="second-factor.disabled")
    assert (entry.actor, entry.label, entry.door) == ("user:boss", "clerk", "page")
