"""The tags and filters that the pages' templates use."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from laidan.interfaces.web import assets, formats, record_words, timeline_words, words
from laidan.kernel.money import format_minor
from laidan.kernel.quantity import format_quantity

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of a bundled file."""
    return assets.address(name)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return an icon that says nothing to a screen reader: words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        assets.address("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def tag_word(context: template.Context, name: str) -> SafeString:
    """Return a tag of orders as its word, in its colour."""
    colour = (context.get("tag_colours") or {}).get(name, "grey")
    return format_html('<span class="tag-word" data-colour="{}">{}</span>', colour, name)


@register.simple_tag(takes_context=True)
def unit_word(context: template.Context, code: str) -> str:
    """Return what people call a unit, its code where the data dictionary does not know it."""
    return str((context.get("unit_words") or {}).get(code, code))


@register.filter
def money(text: object, currency: str) -> str:
    """Return an amount with its currency before it."""
    return formats.amount(str(text), currency)


@register.filter
def minor(units: int, currency: str) -> str:
    """Return an amount in minor units with its currency before it."""
    return formats.amount(format_minor(units, currency), currency)


@register.filter
def record_word(code: str, vocabulary: str) -> str:
    """Return the word for a code of one of the vocabularies of master data."""
    return words.word(getattr(record_words, vocabulary), code)


@register.filter
def quantity(value: int, decimals: int) -> str:
    """Return a quantity in smallest units as people read it."""
    return formats.grouped(str(format_quantity(value, decimals)))


@register.filter
def grouped(number: object) -> str:
    """Return a number with its thousands separated."""
    return formats.grouped(str(number))


@register.simple_tag
def when(value: datetime | str | None) -> SafeString | str:
    """Return an instant as its age, with the whole of it on hover; the script keeps it going."""
    at = _instant(value)
    if at is None:
        return ""
    local = timezone.localtime(at)
    language = get_language() or "en"
    shown = formats.age(at, now=datetime.now(UTC), language=language)
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        local.isoformat(timespec="seconds"),
        formats.with_zone(local),
        shown or formats.absolute(local),
    )


@register.simple_tag
def moment(value: datetime | str | None) -> SafeString | str:
    """Return an instant to the minute, with its zone on hover."""
    at = _instant(value)
    if at is None:
        return ""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        formats.with_zone(local),
        formats.absolute(local),
    )


@register.simple_tag
def countdown(value: datetime | str | None) -> SafeString | str:
    """Return how long there is until an instant; the script counts it down by the second."""
    at = _instant(value)
    if at is None:
        return ""
    local = timezone.localtime(at)
    language = get_language() or "en"
    shown = formats.age(at, now=datetime.now(UTC), language=language)
    return format_html(
        '<time datetime="{}" title="{}" data-countdown>{}</time>',
        local.isoformat(timespec="seconds"),
        formats.with_zone(local),
        shown or formats.absolute(local),
    )


@register.filter
def word(code: str, vocabulary: str) -> str:
    """Return the word for a code of one of the vocabularies in `words`."""
    return words.word(getattr(words, vocabulary.upper()), code)


@register.filter
def actor(label: str) -> str:
    """Return who an event or a hold names, as people call him."""
    return timeline_words.actor_name(label)


@register.filter
def may(who: object, permission: str) -> bool:
    """Say whether whoever looks at a page has a permission: `{% if me|may:"orders.place" %}`."""
    # By what it has: the frame's `me` is looked up only where a page asks.
    return bool(who) and bool(getattr(who, "may", lambda _: False)(permission))


@register.filter
def nothing(number: object) -> bool:
    """Say whether a number or decimal text is 0."""
    return not str(number).strip("0.")


@register.filter
def item(values: dict[str, object], key: str) -> object:
    """Return what stands under a key, else nothing."""
    return values.get(key, "")


def _instant(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
