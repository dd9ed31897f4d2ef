"""What is sealed opens in its own row alone, stays readable under new keys, and is still found."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laidan.engine.sealing import Keyring, SealError, masked_phone, normal_phone


def a_key(name: str, filling: int) -> str:
    return f"{name}:{base64.b64encode(bytes([filling]) * 32).decode()}"


OLD, NEW = a_key("k1", 1), a_key("k2", 2)
BEFORE, AFTER = Keyring.parse([OLD]), Keyring.parse([NEW, OLD])
ROW, OTHER_ROW = "0196-row", "0196-other"


@given(st.text(), st.text())
def test_what_is_sealed_opens_again(text, owner):
    assert BEFORE.unseal(BEFORE.seal(text, owner), owner) == text


def test_nothing_shows_through_and_equal_texts_look_different():
    text = "13800138000 浙江省杭州市"
    one, other = BEFORE.seal(text, ROW), BEFORE.seal(text, ROW)
    assert one != other
    assert "138" not in one
    assert one.startswith("k1.")


def test_a_new_key_seals_and_the_old_rows_stay_readable():
    sealed = BEFORE.seal("before", ROW)
    assert AFTER.unseal(sealed, ROW) == "before"
    assert AFTER.seal("after", ROW).startswith("k2.")
    with pytest.raises(SealError, match="k2"):
        BEFORE.unseal(AFTER.seal("after", ROW), ROW)


def test_what_was_indexed_before_a_rotation_is_still_found():
    assert AFTER.index("phone", "13800138000") == BEFORE.index("phone", "13800138000")
    assert AFTER.phone_indexes("138 0013 8000") == BEFORE.phone_indexes("+86 13800138000")
    gone = Keyring.parse([NEW])
    assert gone.index("phone", "13800138000") != BEFORE.index("phone", "13800138000")


def test_a_text_moved_to_another_row_refuses():
    with pytest.raises(SealError):
        BEFORE.unseal(BEFORE.seal("secret", ROW), OTHER_ROW)


@given(st.text(min_size=1, max_size=30), st.data())
def test_every_change_of_a_bit_refuses(text, data):
    name, _, encoded = BEFORE.seal(text, ROW).partition(".")
    raw = bytearray(base64.b64decode(encoded))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealError):
        BEFORE.unseal(f"{name}.{base64.b64encode(raw).decode()}", ROW)


@pytest.mark.parametrize(
    "rubbish",
    ["", ".", "k1.", "k1", "k1.x", "k1.%%%", "k1.AAAA", "k9.AAAA", "k1.é", "k1." + "A" * 16],
)
def test_rubbish_refuses(rubbish):
    with pytest.raises(SealError):
        BEFORE.unseal(rubbish, ROW)


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ([], "no encryption key"),
        (["k1"], "k1"),
        (["k1:short"], "k1"),
        (["k1:" + base64.b64encode(b"x" * 16).decode()], "32 bytes"),
        (["K1:" + base64.b64encode(b"x" * 32).decode()], "K1"),
        ([":" + base64.b64encode(b"x" * 32).decode()], "''"),
        ([a_key("thirteenchars", 1)], "thirteenchars"),
        ([OLD, a_key("k1", 3)], "twice"),
    ],
)
def test_keys_that_cannot_be_used_are_named(entries, named):
    with pytest.raises(ValueError, match=named):
        Keyring.parse(entries)


def test_the_same_key_twice_does_no_harm():
    assert Keyring.parse([OLD, OLD]).seal("text", ROW).startswith("k1.")


# --- finding by phone -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "normal"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("(+86)13800138000", "13800138000"),
        ("+49 30 901820", "4930901820"),
        ("0049 30 901820", "4930901820"),
        ("0571-88888888", "057188888888"),
        ("１３８００１３８０００", "13800138000"),
        ("＋８６ 138 0013 8000", "13800138000"),
        ("١٣٨", ""),
        ("", ""),
        ("unknown", ""),
        ("+", ""),
    ],
)
def test_a_phone_has_one_form(phone, normal):
    assert normal_phone(phone) == normal


@given(st.text(max_size=40))
def test_any_text_is_taken_for_a_phone(text):
    whole, last = BEFORE.phone_indexes(text)
    normal = normal_phone(text)
    assert bool(whole) is bool(normal)
    assert bool(last) is (len(normal) >= 4)


def test_a_whole_phone_and_its_ending_have_indexes_of_their_own():
    whole, last = BEFORE.phone_indexes("8000")
    assert whole != last
    assert BEFORE.phone_indexes("13800138000")[1] == last
    assert BEFORE.phone_indexes("13800138001")[0] != BEFORE.phone_indexes("13800138000")[0]
    assert BEFORE.index("email", "8000") not in {whole, last}


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13800138000", "138****8000"), ("12345678", "123****5678"), ("1234567", "*******"), ("", "")],
)
def test_a_masked_phone_hides_its_middle(phone, masked):
    assert masked_phone(phone) == masked
