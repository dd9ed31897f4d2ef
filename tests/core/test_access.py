"""Keys and rights as values."""

from datetime import UTC, datetime, timedelta

import pytest

from laidan.domain.access import core
from laidan.domain.access.policy import Standing
from laidan.kernel.permissions import common

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def some_facts(**others: object) -> core.KeyFacts:
    values = {
        "key_id": "k",
        "name": "till",
        "username": "mei",
        "scopes": frozenset({"*"}),
        "owner": Standing(frozenset({"*"}), ()),
        "owner_is_active": True,
        "expires_at": None,
        "revoked_at": None,
    }
    return core.KeyFacts(**(values | others))


def test_a_new_key_is_told_by_its_prefix_and_found_by_its_digest():
    token = core.new_token(bytes(range(36)))
    kind, prefix, secret = token.text.split("_")
    assert (kind, prefix) == ("ldk", "00010203")
    assert len(secret) == 43
    assert token.prefix == prefix
    assert token.digest == core.digest(token.text)
    assert secret not in token.digest


def test_keys_differ_wherever_their_entropy_does():
    made = {core.new_token(bytes(35) + bytes([byte])).text for byte in range(256)}
    assert len(made) == 256


def test_a_key_takes_exactly_its_entropy():
    with pytest.raises(ValueError, match="36 bytes"):
        core.new_token(bytes(35))


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("demo", ""), ("ldk_abc_secret", "abc"), ("ldk__x", ""), ("a_b_c", ""), ("ldk_a", "")],
)
def test_a_key_that_its_owner_chose_shows_nothing_secret(text, prefix):
    assert core.given_token(text) == core.Token(text, prefix, core.digest(text))


@pytest.mark.parametrize("text", ["", "two words", "schlüssel", "tab\there", "line\n"])
def test_a_key_that_no_header_can_carry_is_none(text):
    assert core.given_token(text) is None


@pytest.mark.parametrize(
    ("scopes", "rights", "result"),
    [
        ({"*"}, {"*"}, {"*"}),
        ({"*"}, {"orders:read"}, {"orders:read"}),
        ({"orders:read"}, {"*"}, {"orders:read"}),
        ({"orders:read", "admin"}, {"orders:read", "stock:read"}, {"orders:read"}),
        ({"admin"}, set(), set()),
        (set(), {"*"}, set()),
    ],
)
def test_a_key_may_no_more_than_its_owner(scopes, rights, result):
    assert common(frozenset(scopes), frozenset(rights)) == result


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (None, "The key is not known."),
        (some_facts(), None),
        (some_facts(revoked_at=NOW), "The key was revoked."),
        (some_facts(expires_at=NOW), "The key has expired."),
        (some_facts(expires_at=NOW + timedelta(seconds=1)), None),
        (some_facts(owner_is_active=False), "The key's owner was disabled."),
    ],
)
def test_why_a_key_opens_nothing(facts, reason):
    assert core.refusal_of(facts, now=NOW) == reason


def test_unknown_scopes_are_named():
    assert core.unknown_scopes(["orders:read", "orders:eat", "*", "root"]) == ["orders:eat", "root"]


def test_a_made_up_password_is_readable_and_long():
    assert core.readable_secret(lambda count: bytes(range(count))) == "abcd-efgh-ijkm-npqr"
