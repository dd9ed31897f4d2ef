"""Users, keys, and whom a presented key stands for."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.test import Client

from builders import NOON, a_mint
from laidan.domain.access import core, queries
from laidan.engine import epochs
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import grant_access
from laidan.usecases.grant_access import NewKey, NewUser

pytestmark = pytest.mark.django_db
PASSWORD = "green-tea-and-9-cakes"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _no_key_is_known():
    grant_access.forget_keys()
    grant_access._used.clear()


def a_user(username: str = "mei", **others: object) -> str:
    request = NewUser(username, **({"password": PASSWORD} | others))
    outcome = grant_access.add_user(request, now=NOON, mint=a_mint())
    assert isinstance(outcome, Done), outcome
    return outcome.value


def a_key(username: str = "mei", name: str = "till", **others: object) -> str:
    token = core.new_token(bytes([len(queries.list_keys())]) * core.ENTROPY_BYTES)
    request = NewKey(username, name, **others)
    outcome = grant_access.add_key(request, token, now=NOON, mint=a_mint())
    assert isinstance(outcome, Done), outcome
    return token.text


def actor_of(token: str, now=NOON) -> Actor | Refused:
    return grant_access.actor_of_key(token, now=now)


def is_refused(outcome: object, code: str) -> bool:
    return isinstance(outcome, Refused) and outcome.code == code


def test_a_key_stands_for_its_owner_within_its_scopes():
    a_user(rights=("orders:read", "orders:write"))
    token = a_key(scopes=("orders:read", "stock:read"))
    actor = actor_of(token)
    assert actor.label == "key:till"
    assert actor.rights == {"orders:read"}
    assert actor.may("orders:read")
    assert not actor.may("orders:write")


def test_only_the_digest_of_a_key_is_kept():
    a_user()
    token = a_key()
    (row,) = get_user_model().objects.get(username="mei").api_keys.values()
    assert row["digest"] == core.digest(token)
    assert token not in str(row)
    assert token.split("_")[2] not in str(row)


def test_a_key_is_asked_of_the_database_once_a_second(django_assert_num_queries):
    a_user()
    token = a_key()
    with django_assert_num_queries(1):
        actor_of(token)
        actor_of(token, NOON + SECOND / 2)
    with django_assert_num_queries(1):
        actor_of(token, NOON + SECOND)


@pytest.mark.parametrize("token", ["", "nonsense", "ldk_00000000_" + "0" * 43, "\udc80"])
def test_an_unknown_key_is_refused(token):
    assert is_refused(actor_of(token), "unauthorized")
    assert actor_of(token).status == 401


def test_a_key_expires():
    a_user()
    token = a_key(expires_at=NOON + 2 * SECOND)
    assert isinstance(actor_of(token), Actor)
    assert is_refused(actor_of(token, NOON + 2 * SECOND), "unauthorized")


def test_a_revoked_key_ends_at_once_here_and_within_a_second_elsewhere():
    a_user()
    token = a_key()
    elsewhere = actor_of(token)
    remembered = dict(grant_access._known)
    assert isinstance(grant_access.revoke_key("till", now=NOON), Done)
    assert is_refused(actor_of(token), "unauthorized")
    # Another process still has what it remembered, for a second.
    grant_access._known.update(remembered)
    assert actor_of(token, NOON + SECOND / 2) == elsewhere
    assert is_refused(actor_of(token, NOON + SECOND), "unauthorized")


def test_a_key_is_revoked_by_name_prefix_or_id():
    a_user()
    for name in ("one", "two", "three"):
        a_key(name=name)
    one, two, three = queries.list_keys()
    for named in (one.name, two.prefix, three.id):
        assert isinstance(grant_access.revoke_key(named, now=NOON), Done)
    assert all(key.revoked_at == NOON for key in queries.list_keys())
    assert is_refused(grant_access.revoke_key("one", now=NOON), "unknown-key")
    assert is_refused(grant_access.revoke_key("", now=NOON), "unknown-key")


def test_a_name_is_one_living_key():
    a_user()
    a_key()
    token = core.new_token(bytes([9]) * core.ENTROPY_BYTES)
    again = NewKey("mei", "till")
    assert is_refused(grant_access.add_key(again, token, now=NOON, mint=a_mint()), "key-taken")
    grant_access.revoke_key("till", now=NOON)
    assert isinstance(grant_access.add_key(again, token, now=NOON, mint=a_mint()), Done)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (NewKey("nobody", "till"), "unknown-user"),
        (NewKey("mei", "  "), "invalid-request"),
        (NewKey("mei", "till", ("orders:eat",)), "unknown-scope"),
    ],
)
def test_a_key_that_cannot_be_is_refused(request_, code):
    a_user()
    token = core.new_token(bytes(core.ENTROPY_BYTES))
    assert is_refused(grant_access.add_key(request_, token, now=NOON, mint=a_mint()), code)
    assert queries.list_keys() == []


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (NewUser("mei", PASSWORD), "username-taken"),
        (NewUser("", PASSWORD), "invalid-username"),
        (NewUser("two words", PASSWORD), "invalid-username"),
        (NewUser("m" * 61, PASSWORD), "invalid-username"),
        (NewUser("lin", "12345678"), "weak-password"),
        (NewUser("lin", PASSWORD, ("orders:eat",)), "unknown-scope"),
    ],
)
def test_a_user_that_cannot_be_is_refused(request_, code):
    a_user()
    assert is_refused(grant_access.add_user(request_, now=NOON, mint=a_mint()), code)
    assert [user.username for user in queries.list_users()] == ["mei"]


def test_disabling_a_user_ends_sign_in_sessions_and_keys_at_once():
    a_user("boss")
    a_user("mei")
    token = a_key("mei")
    other = a_key("boss", name="boss")
    assert isinstance(actor_of(token), Actor)
    session = Client()
    assert session.login(username="mei", password=PASSWORD)
    colleague = Client()
    assert colleague.login(username="boss", password=PASSWORD)
    assert isinstance(grant_access.disable_user("mei", now=NOON), Done)
    assert is_refused(actor_of(token), "unauthorized")
    assert authenticate(username="mei", password=PASSWORD) is None
    assert "_auth_user_id" not in session.session
    assert isinstance(actor_of(other), Actor)
    assert "_auth_user_id" in colleague.session


def test_the_last_administrator_stays():
    a_user("boss")
    a_user("mei", rights=("orders:read",))
    assert is_refused(grant_access.disable_user("boss", now=NOON), "last-administrator")
    assert authenticate(username="boss", password=PASSWORD) is not None
    assert is_refused(grant_access.disable_user("nobody", now=NOON), "unknown-user")


def test_a_new_password_replaces_the_old_one():
    a_user()
    assert is_refused(grant_access.set_password("mei", "short", now=NOON), "weak-password")
    assert isinstance(grant_access.set_password("mei", "jasmine-and-7-pears", now=NOON), Done)
    assert authenticate(username="mei", password=PASSWORD) is None
    assert authenticate(username="mei", password="jasmine-and-7-pears") is not None
    assert is_refused(grant_access.set_password("nobody", PASSWORD, now=NOON), "unknown-user")


def test_every_change_begins_a_new_epoch():
    seen = {epochs.read().get("access", 0)}
    a_user("boss")
    changes = (
        lambda: a_user("mei"),
        lambda: a_key("mei"),
        lambda: grant_access.set_password("mei", "jasmine-and-7-pears", now=NOON),
        lambda: grant_access.revoke_key("till", now=NOON),
        lambda: grant_access.disable_user("mei", now=NOON),
    )
    for change in changes:
        change()
        seen.add(epochs.read()["access"])
    assert len(seen) == 1 + len(changes)


def test_the_use_of_keys_is_written_down_in_one_go():
    a_user()
    token = a_key()
    actor_of(token, NOON)
    actor_of(token, NOON + SECOND / 2)
    assert queries.list_keys()[0].last_used_at is None
    assert grant_access.note_key_use() == 1
    assert queries.list_keys()[0].last_used_at == NOON + SECOND / 2
    assert grant_access.note_key_use() == 0
