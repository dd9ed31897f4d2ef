"""Every text of the pages and problems in both languages; every code has its word."""

import re

import polib
import pytest
from scripts import messages

from builders import a_customer, a_shop, a_sku, an_address, an_order
from interfaces.browsing import a_visitor, words
from laidan.blueprints import library
from laidan.blueprints.loader import load
from laidan.blueprints.rules import GUARDS, HOLD_SCOPES
from laidan.domain.orders.core import CANCEL_REASONS, CATEGORIES, PRIORITIES
from laidan.interfaces.web import words as spoken

pytestmark = pytest.mark.one_engine
LATIN_WORDS = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,})+")
# What stays as it is in Chinese too.
KEPT = re.compile(
    r"English|clerk|laidan import orders FILE|preset tmall|SKU TEE|TEE-RED-M|Product TEE"
)


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    """The Chinese catalogue."""
    return polib.pofile(str(messages.CATALOGUE))


def test_every_text_is_translated(catalogue: polib.POFile) -> None:
    wanted = {text.singular: text.place for text in messages.texts()}
    known = {entry.msgid for entry in catalogue if entry.translated()}
    missing = {text: place for text, place in wanted.items() if text not in known}
    assert not missing, "write these into the catalogue (scripts/messages.py missing lists them)"
    assert len(wanted) > 200


def test_nothing_in_the_catalogue_is_fuzzy_or_of_no_use(catalogue: polib.POFile) -> None:
    wanted = {text.singular for text in messages.texts()}
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []
    assert [entry.msgid for entry in catalogue if entry.msgid not in wanted] == []


def test_no_text_is_translated_twice(catalogue: polib.POFile) -> None:
    texts = [(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete]
    assert sorted(text for text in set(texts) if texts.count(text) > 1) == []


def test_translations_name_the_same_values(catalogue: polib.POFile) -> None:
    place = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
    for entry in catalogue:
        texts = [entry.msgstr] if entry.msgstr else list(entry.msgstr_plural.values())
        for text in texts:
            assert sorted(place.findall(text)) == sorted(place.findall(entry.msgid)), entry.msgid


def test_chinese_is_set_with_a_space_before_latin_and_figures(catalogue: polib.POFile) -> None:
    tight = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]")
    found = [
        text
        for entry in catalogue
        for text in (entry.msgstr, *entry.msgstr_plural.values())
        if tight.search(re.sub(r"%\(\w+\)[sd]", "", text))
    ]
    assert found == []


def test_every_code_has_a_word() -> None:
    assert {guard.code for guard in GUARDS.values()} - set(spoken.GUARDS) == set()
    assert set(CANCEL_REASONS) == set(spoken.CANCEL_REASONS)
    assert set(CATEGORIES) == set(spoken.CATEGORIES)
    assert set(PRIORITIES) == set(spoken.PRIORITIES)
    assert set(HOLD_SCOPES) == set(spoken.HOLD_SCOPES)


def test_every_shipped_order_type_is_named_in_both_languages() -> None:
    for code, source in library.shipped_sources().items():
        blueprint = load(source, 1)
        labels = [
            blueprint.label,
            *(state.label for state in blueprint.states.values()),
            *(one.label for same in blueprint.transitions.values() for one in same),
            *(spec.label for spec in (*blueprint.fields.values(), *blueprint.line_fields.values())),
        ]
        for label in labels:
            assert set(label) == {"en", "zh-hans"}, (code, label)


@pytest.mark.django_db
def test_pages_in_chinese_are_chinese_to_the_last_string() -> None:
    a_shop(name="总店")
    a_shop("second", name="二店")
    a_sku(name="红色 T 恤")
    placed = an_order(
        ("TEE-RED-M", 2), customer=a_customer(ref="C1", email="w@x.cn"), ship_to=an_address(),
        paid="64.00", external_no="2026", buyer_note="快", seller_note="慢", tags=["急"],
        priority="high",
    )  # fmt: skip
    visitor = a_visitor(language="zh-CN")
    for address in (
        "/", "/orders", "/orders?late=true", "/orders?held=true", "/orders?q=x&min_total=x",
        f"/orders/{placed.order_no}", f"/orders/{placed.order_no}?contact=shown",
        f"/orders/{placed.order_no}/acts/pay", f"/orders/{placed.order_no}/acts/cancel",
        f"/orders/{placed.order_no}/acts/hold", "/nothing",
    ):  # fmt: skip
        response = visitor.get(address)
        assert '<html lang="zh-Hans"' in response.content.decode()
        left = LATIN_WORDS.findall(KEPT.sub("", words(response)))
        assert left == [], address
        hints = re.findall(r'(?:title|aria-label|placeholder)="([^"]*)"', response.content.decode())
        assert LATIN_WORDS.findall(" | ".join(hints)) == [], address


@pytest.mark.django_db
def test_the_language_is_chosen_by_a_button_and_kept() -> None:
    a_shop()
    visitor = a_visitor(language="en")
    response = visitor.post("/language", {"language": "zh-hans", "next": "/orders?late=true"})
    assert (response.status_code, response["Location"]) == (302, "/orders?late=true")
    assert "超时订单" in words(visitor.get("/orders?late=true"))
    visitor.post("/language", {"language": "en", "next": "/"})
    assert "Late orders" in words(visitor.get("/orders?late=true"))
