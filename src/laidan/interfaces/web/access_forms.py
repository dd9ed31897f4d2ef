"""The forms of users and roles, and what they say as requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from laidan.domain.access import policy, queries
from laidan.domain.orders.core import CATEGORIES
from laidan.domain.stock.models import Location
from laidan.engine import epochs
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.web import choices, words
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.actor import Reach
from laidan.kernel.outcome import Refused
from laidan.kernel.permissions import AREAS, EVERYTHING, MASKS, PERMISSIONS, Permission

REFUSALS = {
    "invalid-username": gettext_noop("Letters, digits and . @ + - _ are allowed, at most 60."),
    "username-taken": gettext_noop("There is a user of this name already."),
    "unknown-user": gettext_noop("There is no such user."),
    "unknown-role": gettext_noop("There is no such role any more."),
    "last-administrator": gettext_noop(
        "This is the last administrator; make somebody else one before."
    ),
    "role-in-use": gettext_noop("Somebody has this role; take it from them first."),
    "role-built-in": gettext_noop("Built-in roles stay as they are; copy one to change it."),
    "forbidden": gettext_noop("You do not have permission; ask your administrator"),
}
_FIELDS = {"invalid-username": "username", "username-taken": "username", "unknown-role": "roles"}
LIMITS = ("shops", "categories", "states", "locations")


@dataclass(frozen=True, slots=True)
class Known:
    """What may be chosen: codes and their words in the reader's language."""

    shops: Mapping[str, str]
    categories: Mapping[str, str]
    states: Mapping[str, str]
    locations: Mapping[str, str]
    masks: Mapping[str, str]


def known(language: str) -> Known:
    """Return what the limits of roles and users may name."""
    vocabulary = load_vocabulary(epochs.read())
    states: dict[str, str] = {}
    for blueprint in vocabulary.newest.values():
        for state in blueprint.states.values():
            states.setdefault(state.code, worded(state.label, language))
    places = Location.objects.order_by("code").values_list("code", "name")
    return Known(
        choices.shops(),
        {code: words.word(words.CATEGORIES, code) for code in CATEGORIES},
        {code: _told_apart(code, states) for code in vocabulary.state_order()},
        {code: name or code for code, name in places},
        {code: worded(label, language) for code, label in MASKS.items()},
    )


def _told_apart(code: str, labels: Mapping[str, str]) -> str:
    """Return a state's name, with its code where order types use one name for several states."""
    name = labels[code]
    return f"{name} ({code})" if list(labels.values()).count(name) > 1 else name


def areas(language: str) -> list[tuple[str, list[tuple[Permission, str, str]]]]:
    """Return every permission with its words, by area."""
    found: dict[str, list[tuple[Permission, str, str]]] = {}
    for one in PERMISSIONS.values():
        told = (one, worded(one.label, language), worded(one.sentence, language))
        found.setdefault(one.area, []).append(told)
    return [(worded(AREAS[area], language), listed) for area, listed in found.items()]


def _many(label: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, widget=forms.CheckboxSelectMultiple
    )


class LimitForm(RecordForm):
    """How far rights reach, and what stays hidden; nothing ticked is no limit."""

    shops = _many(_("Shops"))
    categories = _many(_("Stages"))
    states = _many(_("States"))
    locations = _many(_("Locations"))
    masks = _many(_("Hidden fields"))

    def __init__(self, *args: Any, known: Known, **named: Any) -> None:
        super().__init__(*args, **named)
        for name in (*LIMITS, "masks"):
            field = self.fields[name]
            if isinstance(field, forms.MultipleChoiceField):
                field.choices = list(getattr(known, name).items())

    def reach(self) -> Reach:
        """Return the reach that was chosen."""
        return policy.reach_of({name: self.cleaned_data[name] or None for name in LIMITS})

    def hidden(self) -> frozenset[str]:
        """Return the masks that were chosen."""
        return frozenset(self.cleaned_data["masks"])

    @property
    def limits(self) -> list[forms.BoundField]:
        """The fields of this part, but for those that have nothing to choose from."""
        fields = [self[name] for name in (*LIMITS, "masks")]
        return [one for one in fields if getattr(one.field, "choices", ())]

    @property
    def is_limited(self) -> bool:
        """Whether any of them is ticked."""
        return any(one.value() for one in self.limits)


class UserForm(LimitForm):
    """A user as he shall be."""

    name = CleanCharField(label=_("Full name"), max_length=120, required=False)
    email = CleanCharField(label=_("E-mail"), max_length=254, required=False)
    roles = _many(_("Roles"))
    keeps_rights = forms.BooleanField(
        label=_("Keep the rights given on the command line"), required=False
    )

    def __init__(self, *args: Any, roles: Mapping[str, str], rights: Any = (), **named: Any):
        super().__init__(*args, **named)
        field = self.fields["roles"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = list(roles.items())
        if rights:
            self.fields["keeps_rights"].help_text = ", ".join(rights)
        else:
            del self.fields["keeps_rights"]


class NewUserForm(UserForm):
    """A user to add."""

    username = CleanCharField(
        label=_("Username"), max_length=60, help_text=_("Letters, digits and . @ + - _")
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters; the user should change it after the first sign-in."),
    )


class PasswordForm(RecordForm):
    """A new password for somebody who lost his."""

    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("All sessions of this user end."),
    )


class RoleForm(LimitForm):
    """A role as it shall be."""

    name = CleanCharField(label=_("Name"), max_length=80)
    description = CleanCharField(label=_("Description"), max_length=300, required=False)
    permissions = _many(_("Permissions"))

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        field = self.fields["permissions"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(name, name) for name in PERMISSIONS]

    def clean(self) -> dict[str, Any]:
        """Ask for at least one permission."""
        found = super().clean() or {}
        if not found.get("permissions") and "permissions" not in self.errors:
            self.add_error("permissions", gettext("Choose at least one permission."))
        return found

    @property
    def chosen(self) -> set[str]:
        """The permissions that are ticked."""
        value = self["permissions"].value()
        return set(value) if isinstance(value, list) else set()


def limits_of(reach: Reach, masks: frozenset[str]) -> dict[str, list[str]]:
    """Return what a form of limits begins with."""
    return {**policy.reach_document(reach), "masks": sorted(masks)}


def role_initial(role: policy.Role, language: str) -> dict[str, Any]:
    """Return what the form of a role begins with."""
    everything = EVERYTHING in role.permissions
    return {
        "name": worded(dict(role.label), language),
        "description": worded(dict(role.sentence), language),
        "permissions": sorted(PERMISSIONS if everything else role.permissions),
        **limits_of(role.reach, role.masks),
    }


def role_names(language: str) -> dict[str, str]:
    """Return the roles' names by code."""
    return {role.code: worded(dict(role.label), language) for role in queries.list_roles()}


def explain(refused: Refused) -> str:
    """Return a refusal as a sentence in the reader's language."""
    known = REFUSALS.get(refused.code)
    return gettext(known) if known is not None else refused.detail


def refuse(form: RecordForm, refused: Refused) -> None:
    """Say at its field why a use case refused."""
    name = _FIELDS.get(refused.code) or (refused.errors[0].loc if refused.errors else None)
    text = explain(refused)
    if refused.code not in REFUSALS and refused.errors:
        text = refused.errors[0].msg
    form.add_error(name if name in form.fields else None, text)
