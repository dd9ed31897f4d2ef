"""The forms of notifications: channels, rules, the mail server."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from laidan.domain.notices import core, mail, queries, robots, texts
from laidan.engine import epochs
from laidan.insights import place_views
from laidan.insights.event_types import types_of
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import notice_words
from laidan.interfaces.web.records import CleanCharField, RecordForm

_SAME = _("Leave this empty to keep what is there.")


class ChannelForm(RecordForm):
    """A channel of one kind; what is secret is not shown again."""

    name = CleanCharField(label=_("Name"), max_length=120)
    to = forms.CharField(label=_("Recipients"), widget=forms.Textarea({"rows": 3}), max_length=4000)
    url = CleanCharField(label=_("Webhook address"), max_length=600)
    secret = CleanCharField(label=_("Signing secret"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"))
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, kind: str, *args: Any, is_known: bool = False, **named: Any) -> None:
        super().__init__(*args, **named)
        choices = [(code, gettext(word)) for code, word in notice_words.LANGUAGES.items()]
        cast(forms.ChoiceField, self.fields["language"]).choices = choices
        hint = gettext(notice_words.HINTS[kind])
        if kind == core.EMAIL:
            del self.fields["url"], self.fields["secret"]
            self.fields["to"].help_text = hint
            return
        del self.fields["to"]
        self.fields["url"].help_text = _SAME if is_known else hint
        self.fields["url"].required = not is_known
        if not robots.is_signed(kind):
            del self.fields["secret"]
        elif is_known:
            self.fields["secret"].help_text = _SAME

    def wish(self) -> dict[str, Any]:
        """Return what was typed as a wish's values; what is left empty stays as it is."""
        given = dict(self.cleaned_data)
        if "to" in given:
            given["to"] = tuple(one.strip() for one in given["to"].splitlines() if one.strip())
        return {
            name: value for name, value in given.items() if value or name not in ("url", "secret")
        }


class RuleForm(RecordForm):
    """A rule: what is told where, when and how."""

    name = CleanCharField(label=_("Name"), max_length=120)
    channel = forms.ChoiceField(label=_("Channel"))
    types = forms.MultipleChoiceField(
        label=_("What is told"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what is told.")},
    )  # fmt: skip
    shops = forms.MultipleChoiceField(
        label=_("Shops"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all shops, and what belongs to none."),
    )  # fmt: skip
    conditions = forms.CharField(
        label=_("Conditions"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("One a line; all must hold. total >= 1000, external_no ~ TB, priority = urgent. Signs: = != > < >= <= and ~ for “contains”."),
    )  # fmt: skip
    title_en = CleanCharField(
        label=_("Title in English"), max_length=texts.TITLE_CHARS, required=False
    )
    body_en = forms.CharField(
        label=_("Text in English"), max_length=texts.BODY_CHARS, required=False,
        widget=forms.Textarea({"rows": 4}),
    )  # fmt: skip
    title_zh = CleanCharField(
        label=_("Title in Chinese"), max_length=texts.TITLE_CHARS, required=False
    )
    body_zh = forms.CharField(
        label=_("Text in Chinese"), max_length=texts.BODY_CHARS, required=False,
        widget=forms.Textarea({"rows": 4}),
    )  # fmt: skip
    reveals = forms.BooleanField(
        label=_("Show whole phone numbers"), required=False,
        help_text=_("Otherwise their middle is hidden. Everybody who reads the channel sees them."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        blueprints = load_vocabulary(epochs.read()).newest.values()
        listed = [*texts.TYPES, *(one for one in types_of(blueprints) if one not in texts.TYPES)]
        choices = {
            "channel": [(one.pk, one.name) for one in queries.list_channels()],
            "types": [(type_, notice_words.happening(type_)) for type_ in listed],
            "shops": [(card.code, card.name) for card in place_views.list_shops()],
        }
        for name, chosen in choices.items():
            cast(forms.ChoiceField, self.fields[name]).choices = chosen

    def wish(self) -> dict[str, Any]:
        """Return what was typed as a wish's values."""
        given = dict(self.cleaned_data)
        own = {
            language: {
                part: given.pop(f"{part}_{short}").replace("\r\n", "\n")
                for part in ("title", "body")
            }
            for language, short in (("en", "en"), ("zh-hans", "zh"))
        }
        return given | {
            "types": tuple(given["types"]), "shops": tuple(given["shops"]), "texts": own
        }  # fmt: skip


class MailServerForm(RecordForm):
    """Where mail is handed in."""

    host = CleanCharField(label=_("Server"), max_length=253)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(label=_("Encryption"))
    user = CleanCharField(label=_("User name"), max_length=200, required=False)
    password = forms.CharField(
        label=_("Password"), max_length=500, required=False, help_text=_SAME,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip
    sender = forms.EmailField(label=_("Sender"), max_length=200)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        choices = [(code, gettext(notice_words.SECURITIES[code])) for code in mail.SECURITIES]
        cast(forms.ChoiceField, self.fields["security"]).choices = choices
