"""What forms say at a field that is empty or holds what it cannot: our words instead of Django's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_EVERY = {
    "required": _("Fill this in."),
    "max_length": _("Use at most %(limit_value)d characters."),
    "min_length": _("Use at least %(limit_value)d characters."),
    "max_value": _("Type at most %(limit_value)s."),
    "min_value": _("Type at least %(limit_value)s."),
    "max_digits": _("This number has too many digits."),
    "max_decimal_places": _("Use at most %(max)s decimals."),
    "max_whole_digits": _("This number has too many digits."),
    "null_characters_not_allowed": _("This holds a character that cannot be stored."),
    "invalid_choice": _("Choose one of the list."),
    "invalid_list": _("Choose from the list."),
}
_CHOOSE = {"required": _("Choose one.")}
_OF_KIND: tuple[tuple[type[forms.Field], dict[str, Any]], ...] = (
    (forms.EmailField, {"invalid": _("Type an address such as name@example.com.")}),
    (forms.URLField, {"invalid": _("Type an address that begins with https://.")}),
    (forms.DateTimeField, {"invalid": _("Type a day and a time, such as 2026-11-30 18:00.")}),
    (forms.DateField, {"invalid": _("Type a day such as 2026-11-30.")}),
    (forms.DecimalField, {"invalid": _("Type a number.")}),
    (forms.IntegerField, {"invalid": _("Type a whole number.")}),
    (forms.BooleanField, {"required": _("Tick this to go on.")}),
    (forms.MultipleChoiceField, {"required": _("Choose at least one.")}),
    (forms.ChoiceField, _CHOOSE),
    (forms.FileField, {"required": _("Choose a file.")}),
)


class WordedForm(forms.Form):
    """A form whose fields say in our words what is wrong."""

    def full_clean(self) -> None:
        """Look at what was typed; fields that were added after the form was made speak alike."""
        for field in self.fields.values():
            kind = next((words for of, words in _OF_KIND if isinstance(field, of)), {})
            field.error_messages |= _EVERY | kind
        super().full_clean()
