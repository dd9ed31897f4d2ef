"""The words of the operation log: `noun.verb` of an action, doors, and who acted."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.web import words

NOUNS = {
    "access": gettext_noop("Access"),
    "channel": gettext_noop("Notification channel"),
    "bill": gettext_noop("Bill"),
    "break": gettext_noop("Difference"),
    "contact": gettext_noop("Contact"),
    "customer": gettext_noop("Customer"),
    "entry": gettext_noop("Dictionary entry"),
    "export": gettext_noop("Export"),
    "file": gettext_noop("File"),
    "folder": gettext_noop("Folder"),
    "import": gettext_noop("Import"),
    "key": gettext_noop("API key"),
    "location": gettext_noop("Location"),
    "log": gettext_noop("Operation log"),
    "money-policy": gettext_noop("Money rules"),
    "mail-server": gettext_noop("Mail server"),
    "notice": gettext_noop("Notification rule"),
    "order": gettext_noop("Sales order"),
    "orders": gettext_noop("Orders"),
    "password": gettext_noop("Password"),
    "payment-account": gettext_noop("Payment account"),
    "price-list": gettext_noop("Price list"),
    "product": gettext_noop("Product"),
    "recovery-code": gettext_noop("Recovery code"),
    "role": gettext_noop("Role"),
    "schedule": gettext_noop("Schedule"),
    "second-factor": gettext_noop("Two-factor sign-in"),
    "sequence": gettext_noop("Sequence"),
    "session": gettext_noop("Session"),
    "settlement-day": gettext_noop("Day of an account"),
    "settlement-rule": gettext_noop("Rules of an account"),
    "shop": gettext_noop("Shop"),
    "sign-in": gettext_noop("Sign-in"),
    "sign-in-rules": gettext_noop("Sign-in rules"),
    "stock": gettext_noop("Stock"),
    "supplier": gettext_noop("Supplier"),
    "tag": gettext_noop("Tag"),
    "user": gettext_noop("User"),
    "view": gettext_noop("View"),
    "webhook": gettext_noop("Webhook"),
}
VERBS = {
    "repeated": gettext_noop("sent again"),
    "started": gettext_noop("started"),
    "added": gettext_noop("added"),
    "adjusted": gettext_noop("adjusted"),
    "amended": gettext_noop("changed"),
    "assigned": gettext_noop("assigned"),
    "changed": gettext_noop("changed"),
    "closed": gettext_noop("closed"),
    "counted": gettext_noop("counted"),
    "created": gettext_noop("created"),
    "deleted": gettext_noop("removed"),
    "disabled": gettext_noop("disabled"),
    "enabled": gettext_noop("enabled"),
    "ended": gettext_noop("ended"),
    "explained": gettext_noop("explained"),
    "exported": gettext_noop("exported"),
    "imported": gettext_noop("brought in"),
    "merge-undone": gettext_noop("taken apart"),
    "merged": gettext_noop("merged"),
    "opened": gettext_noop("opened"),
    "paused": gettext_noop("paused"),
    "placed": gettext_noop("placed"),
    "received": gettext_noop("received"),
    "refused": gettext_noop("refused"),
    "removed": gettext_noop("removed"),
    "renewed": gettext_noop("made anew"),
    "replayed": gettext_noop("sent again"),
    "reopened": gettext_noop("opened again"),
    "reset": gettext_noop("set"),
    "restored": gettext_noop("restored"),
    "retired": gettext_noop("retired"),
    "revealed": gettext_noop("revealed"),
    "revoked": gettext_noop("revoked"),
    "scrapped": gettext_noop("scrapped"),
    "set": gettext_noop("set"),
    "suspended": gettext_noop("put into suspense"),
    "tested": gettext_noop("tested"),
    "transferred": gettext_noop("transferred"),
    "unblocked": gettext_noop("unblocked"),
    "undone": gettext_noop("undone"),
    "used": gettext_noop("used"),
    "withdrawn": gettext_noop("withdrawn"),
}
DOORS = {
    "page": gettext_noop("Page"),
    "api": gettext_noop("API"),
    "cli": gettext_noop("Command line"),
    "worker": gettext_noop("Worker"),
    "inside": gettext_noop("Inside"),
}
WHOLE = {
    "export.created": gettext_noop("Data taken out"),
    "location.opened": gettext_noop("Location added"),
    "payment.asked": gettext_noop("A payment's provider asked"),
    "payment.capture-asked": gettext_noop("Capture of held money asked for"),
    "payment.void-asked": gettext_noop("Release of held money asked for"),
    "password.reset": gettext_noop("Password set anew for somebody"),
    "recovery-code.used": gettext_noop("Signed in with a recovery code"),
    "second-factor.disabled": gettext_noop("Two-factor sign-in switched off"),
    "second-factor.enabled": gettext_noop("Two-factor sign-in switched on"),
    "session.closed": gettext_noop("Signed out"),
    "session.ended": gettext_noop("Signed out by somebody"),
    "session.opened": gettext_noop("Signed in successfully"),
    "shop.opened": gettext_noop("Shop added"),
}
"""Actions of which noun and verb make no good sentence in every language."""


def action(code: str) -> str:
    """Return what was done in words; an action that has none is shown as it is."""
    if code in WHOLE:
        return gettext(WHOLE[code])
    noun, _, verb = code.partition(".")
    if noun not in NOUNS or verb not in VERBS:
        return words.word(words.EVENTS, code)
    return gettext("%(noun)s %(verb)s") % {
        "noun": gettext(NOUNS[noun]), "verb": gettext(VERBS[verb]),
    }  # fmt: skip


def door(code: str) -> str:
    """Return the name of a door."""
    return gettext(DOORS.get(code, code))


def shown(value: object) -> str:
    """Return a value of the log as a text: lists with commas, nothing as a dash."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(one)}" for name, one in value.items())
    return str(value)
