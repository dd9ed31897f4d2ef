"""What the pages of master data share: forms, pages of lists, answers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from laidan.engine.idempotency import Once, fingerprint
from laidan.interfaces.web import notices, record_words
from laidan.interfaces.web.field_words import WordedForm
from laidan.interfaces.web.notices import Notice
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Refused

T = TypeVar("T")
PAGE_ROWS = 50
TEXT_MAX = 200
_SALT = "laidan.web.records"
_ONCE = re.compile(r"[0-9a-f]{32}\Z")
_PLAIN: dict[type, str] = {
    forms.CheckboxInput: "form-check-input",
    forms.Select: "form-select",
    forms.CheckboxSelectMultiple: "",
    forms.RadioSelect: "",
}


class RecordForm(WordedForm):
    """A form whose fields look and speak like all others: label above, help and fault below."""

    template_name = "web/records/fields.html"
    required_css_class = "is-required"

    def __init__(self, *args: Any, **named: Any) -> None:
        named.setdefault("label_suffix", "")
        super().__init__(*args, **named)
        for field in self.fields.values():
            style = _PLAIN.get(type(field.widget), "form-control")
            if style:
                field.widget.attrs.setdefault("class", style)
            field.widget.attrs.setdefault("autocomplete", "off")

    def refuse(self, refused: Refused, names: Mapping[str, str] | None = None) -> None:
        """Say at its fields why a use case refused; `names` maps its places to fields."""
        told = False
        for fault in refused.errors:
            last = fault.loc.rpartition(".")[2].partition("[")[0]
            name = (names or {}).get(fault.loc) or (names or {}).get(last) or last
            if name in self.fields:
                self.add_error(name, record_words.fault(refused.code, fault.msg))
                told = True
        if not told:
            self.add_error(None, record_words.explain(refused))


class CleanCharField(forms.CharField):
    """A text without control characters, on one line."""

    def clean(self, value: Any) -> str:
        """Return the text; says which character cannot be stored."""
        text = str(super().clean(value))
        if any(not mark.isprintable() and mark != "\u3000" for mark in text):
            raise forms.ValidationError(gettext("This holds a character that cannot be stored."))
        return text


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list, and where the next one begins ("" where there is none)."""

    rows: Sequence[T]
    after: str
    is_first: bool


def page_of(found: Sequence[T], place: Sequence[object], request: HttpRequest) -> Listed[T]:
    """Return a page of rows, of which one more than a page was looked up.

    `place` is the place of the page's last row; pass what `last_of` of the rows says.
    """
    rows = found[:PAGE_ROWS]
    after = write_place(place) if len(found) > PAGE_ROWS else ""
    return Listed(rows, after, is_first=not request.GET.get("after"))


def last_of(found: Sequence[T]) -> T | None:
    """Return the last row of a page among rows of which one more than a page was looked up."""
    return found[min(len(found), PAGE_ROWS) - 1] if found else None


def write_place(place: Iterable[object]) -> str:
    """Return a place in a list as a text that an address carries."""
    return signing.Signer(salt=_SALT).sign_object([*place])


def read_place(request: HttpRequest, size: int) -> tuple[str, ...] | None:
    """Return the place after which a page begins; one that cannot be read is the beginning."""
    text = request.GET.get("after", "")
    if not text:
        return None
    try:
        place = signing.Signer(salt=_SALT).unsign_object(text)
    except Exception:  # base64, JSON and compression each fail in their way
        return None
    if not isinstance(place, list) or len(place) != size:
        return None
    return tuple(str(part) for part in place)


def asked(request: HttpRequest, name: str) -> str:
    """Return a text of the address without what no text can hold."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:TEXT_MAX]


def new_once() -> str:
    """Return a key under which a form is sent once."""
    return secrets.token_hex(16)


def once_of(request: HttpRequest, actor: Actor, *parts: object) -> Once | None:
    """Return the promise of a form that was sent with such a key."""
    key = request.POST.get("once", "")
    if not _ONCE.match(key):
        return None
    mark = fingerprint(*(repr(part).encode("utf-8", "replace") for part in parts))
    return Once(f"pages {actor.label}", key, mark)


def done(request: HttpRequest, text: str, address: str) -> HttpResponse:
    """Go on to a page and say there what was done."""
    return told(request, "success", text, address)


def told(request: HttpRequest, level: str, text: str, address: str) -> HttpResponse:
    """Go on to a page and say something there."""
    notices.keep(request, Notice(level, text))
    return HttpResponseRedirect(address, status=303)


def refused(request: HttpRequest, why: Refused, address: str) -> HttpResponse:
    """Go back to a page and say there why something was not done."""
    return told(request, "warning", record_words.explain(why), address)
