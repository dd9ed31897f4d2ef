"""The words of schedules: kinds of work, tasks of the loop, states, figures."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext, gettext_noop

from laidan.domain.schedules import core
from laidan.domain.schedules.models import Schedule

KINDS = {
    "seal_log": (gettext_noop("Seal the operation log"), gettext_noop("Signs the days that are over, so that nobody can change them later.")),
    "low_stock": (gettext_noop("Low-stock report"), gettext_noop("Writes down what lies under its safety stock, as a file, and raises an alarm.")),
    "poll_payments": (gettext_noop("Ask about open payments"), gettext_noop("Asks the providers what became of payments that are not final.")),
    "reconcile": (gettext_noop("Reconcile"), gettext_noop("Compares our money with the statements of the providers, day by day.")),
    "clean_sessions": (gettext_noop("Clean up sign-ins"), gettext_noop("Removes sessions that are over.")),
    "clean_files": (gettext_noop("Clean up files"), gettext_noop("Removes contents that nothing names any more.")),
    "clean_job_files": (gettext_noop("Clean up files of jobs"), gettext_noop("Removes files of jobs that ended 30 days ago.")),
    "clean_keys": (gettext_noop("Clean up answers"), gettext_noop("Forgets repeated-request keys after 30 days.")),
    "clean_notices": (gettext_noop("Clean up notifications"), gettext_noop("Forgets old notifications and closed alarms.")),
}  # fmt: skip
TASKS = {
    "deadlines": (gettext_noop("Deadlines of orders"), gettext_noop("Cancels unpaid orders, confirms receipt, closes the after-sales window.")),
    "holds": (gettext_noop("Holds that end"), gettext_noop("Releases orders whose hold is over.")),
    "heartbeat": (gettext_noop("Heartbeat"), gettext_noop("Says that a worker is alive.")),
    "job-leases": (gettext_noop("Leases of jobs"), gettext_noop("Says that jobs are still worked on.")),
    "schedule-leases": (gettext_noop("Leases of schedules"), gettext_noop("Says that schedules are still being run.")),
    "key-use": (gettext_noop("Use of API keys"), gettext_noop("Notes when each key was used last.")),
    "price-lists": (gettext_noop("Price lists by time"), gettext_noop("Turns price lists on and off at their times.")),
    "task-notes": (gettext_noop("Notes of tasks"), gettext_noop("Writes down once a minute how these tasks are.")),
    "jobs": (gettext_noop("Long jobs"), gettext_noop("Works through imports, exports and acts on many orders.")),
    "schedules": (gettext_noop("Schedules"), gettext_noop("Starts what is due above.")),
    "watch-schedules": (gettext_noop("Watch over schedules"), gettext_noop("Raises an alarm where one is late.")),
    "tell-notices": (gettext_noop("Notifications: what to tell"), gettext_noop("Asks the rules about events and alarms.")),
    "watch-channels": (gettext_noop("Watch over channels"), gettext_noop("Raises an alarm where notifications do not arrive.")),
    "send-notices": (gettext_noop("Notifications: sending"), gettext_noop("Sends e-mail and messages to chats.")),
    "number-events": (gettext_noop("Places of events"), gettext_noop("Gives each event its place in the stream.")),
    "relay": (gettext_noop("Relay of events"), gettext_noop("Passes events on to RabbitMQ.")),
    "webhook-alarms": (
        gettext_noop("Alarms of webhooks"),
        gettext_noop("Raises an alarm where nothing is sent any more."),
    ),
    "clean-webhooks": (gettext_noop("Clean up webhooks"), gettext_noop("Forgets old deliveries.")),
    "callbacks": (gettext_noop("Callbacks of providers"), gettext_noop("Applies what providers have told.")),
    "ask-payments": (gettext_noop("Open payments"), gettext_noop("Asks the providers what became of payments that are not final.")),
    "ask-refunds": (gettext_noop("Open refunds"), gettext_noop("Asks the providers what became of refunds that are not final.")),
    "test-provider": (gettext_noop("Test provider"), gettext_noop("Tells what the test provider has decided.")),
    "commands": (
        gettext_noop("Commands in"),
        gettext_noop("Takes the commands that come over RabbitMQ."),
    ),
    "money-alarms": (
        gettext_noop("Alarms of money"),
        gettext_noop("Raises an alarm about payments and money that nobody knows."),
    ),
    "refund-rules": (gettext_noop("Rules of refunds"), gettext_noop("Approves refunds that need nobody.")),
    "webhooks": (gettext_noop("Webhooks"), gettext_noop("Delivers events to other systems.")),
}  # fmt: skip
FIGURES = {"done": gettext_noop("Worked off"), "failed": gettext_noop("Failed")}
_STATES = {
    "running": (gettext_noop("Running"), "open", "", "progress"),
    "late": (gettext_noop("Late"), "", "late", "clock-exclamation"),
    "failed": (gettext_noop("Failed"), "", "late", "alert-triangle"),
    "lost": (gettext_noop("Worker lost"), "", "late", "alert-triangle"),
    "paused": (gettext_noop("Paused"), "closed", "", "player-pause"),
    "done": (gettext_noop("In order"), "completed", "", "circle-check"),
    "fresh": (gettext_noop("Not run yet"), "draft", "", "clock"),
}
_OUTCOMES = {
    core.DONE: gettext_noop("Succeeded"),
    core.FAILED: gettext_noop("Failed"),
    core.LOST: gettext_noop("Worker lost"),
    core.RUNNING: gettext_noop("Running"),
}


class Look(NamedTuple):
    """A state as pages show it: its word, hue or mark, and icon."""

    word: str
    hue: str
    mark: str
    icon: str


def kind(code: str) -> str:
    """Return what people call a kind of work."""
    known = KINDS.get(code)
    return gettext(known[0]) if known else code


def purpose(code: str) -> str:
    """Return what a kind of work is for, "" where nobody has said."""
    known = KINDS.get(code)
    return gettext(known[1]) if known else ""


def task(name: str) -> tuple[str, str]:
    """Return what people call a task of the loop, and what it is for."""
    label, why = TASKS.get(name, (name, ""))
    return gettext(label), gettext(why) if why else ""


def state_of(one: Schedule, now: datetime) -> str:
    """Return how a schedule is: the state that matters most."""
    if one.state == core.RUNNING:
        return "running"
    if one.is_paused:
        return "paused"
    if core.is_late(one.late_at, now, is_paused=False):
        return "late"
    return one.last_outcome or "fresh"


def look(state: str) -> Look:
    """Return how a state looks."""
    word, hue, mark, icon = _STATES[state]
    return Look(gettext(word), hue, mark, icon)


def outcome(code: str) -> Look:
    """Return how the outcome of a run looks."""
    shown = look({core.DONE: "done", core.RUNNING: "running"}.get(code, "failed"))
    return shown._replace(word=gettext(_OUTCOMES.get(code, code)))


def figures(counted: dict[str, int]) -> str:
    """Return the figures of a run in words."""
    return " · ".join(
        f"{gettext(FIGURES.get(name, name))} {count:,}" for name, count in counted.items()
    )
