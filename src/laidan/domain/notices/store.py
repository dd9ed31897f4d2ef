"""Writing channels, rules and deliveries: kept, queued, taken under a channel's lease, told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min

from laidan.domain.notices import core
from laidan.domain.notices.models import NoticeChannel, NoticeDelivery, NoticeRule
from laidan.engine import bulk_sql

_COLUMNS = (
    "id", "channel_id", "rule_id", "rule_name", "type", "subject_id", "subject", "shop_code",
    "once", "sealed", "state", "tries", "due_at", "status", "answer", "created_at",
)  # fmt: skip


def load_channels(ids: Collection[str]) -> dict[str, NoticeChannel]:
    """Return channels by id, locked in key order."""
    found = NoticeChannel.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {one.pk: one for one in found}


def load_rules(ids: Collection[str]) -> dict[str, NoticeRule]:
    """Return rules by id, locked in key order."""
    found = NoticeRule.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {one.pk: one for one in found}


def find_names() -> tuple[dict[str, str], dict[str, str]]:
    """Return the ids of channels, and those of rules, by name."""
    channels = dict(NoticeChannel.objects.values_list("name", "pk"))
    return channels, dict(NoticeRule.objects.values_list("name", "pk"))


def load_active_rules() -> list[NoticeRule]:
    """Return the rules that are asked, with their channels, in key order."""
    found = NoticeRule.objects.filter(is_active=True, channel__is_active=True)
    return list(found.select_related("channel").order_by("pk"))


def queue(rows: Sequence[NoticeDelivery], now: datetime) -> int:
    """Insert deliveries that are not there yet, and let their channels look; return how many.

    The channels are locked first, so that whoever ends a sending sees what was added.
    """
    if not rows:
        return 0
    channels = load_channels({row.channel_id for row in rows})
    values = [
        tuple(getattr(row, name) for name in _COLUMNS) for row in rows if row.channel_id in channels
    ]
    count = bulk_sql.insert_new_rows(NoticeDelivery, _COLUMNS, values)
    idle = [id_ for id_, one in channels.items() if not one.worker]
    NoticeChannel.objects.filter(pk__in=idle, due_at=None).update(due_at=now)
    return count


# --- sending --------------------------------------------------------------------------------


def has_due(now: datetime) -> bool:
    """Say whether any channel has something to send (one query that locks nothing)."""
    return NoticeChannel.objects.filter(due_at__lte=now).exists()


def take_due(now: datetime, worker: str) -> NoticeChannel | None:
    """Take the channel that waits longest under a lease; None where none waits."""
    found = bulk_sql.rows(
        "SELECT id FROM notice_channel WHERE due_at <= %s ORDER BY due_at LIMIT 1"
        f"{bulk_sql.claiming()}",
        [bulk_sql.instant(now)],
    )
    if not found:
        return None
    one = NoticeChannel.objects.get(pk=str(found[0][0]))
    one.token += 1
    one.worker, one.due_at = worker[:120], now + core.LEASE
    one.save(update_fields=["token", "worker", "due_at"])
    return one


def load_waiting(channel_id: str, now: datetime) -> list[NoticeDelivery]:
    """Return what waits on a channel and is due, the oldest first."""
    found = NoticeDelivery.objects.filter(
        channel_id=channel_id, state=core.WAITING, due_at__lte=now
    )
    return list(found.order_by("pk")[: core.AT_ONCE])


def sent_lately(channel_id: str, now: datetime) -> list[datetime]:
    """Return when messages went to a channel in the last minute, tries that failed too."""
    found = NoticeDelivery.objects.filter(channel_id=channel_id, tried_at__gt=now - core.WINDOW)
    return [at for _, at in set(found.values_list("message_id", "tried_at")) if at is not None]


def load_mine(channel_id: str, token: int) -> NoticeChannel | None:
    """Return a channel and lock it, if its taker still is the one; None otherwise."""
    found = NoticeChannel.objects.select_for_update().filter(pk=channel_id, token=token)
    return found.exclude(worker="").first()


def write_tried(ids: Collection[str], values: Mapping[str, Any]) -> None:
    """Write down what the try of a message came to for its deliveries."""
    NoticeDelivery.objects.filter(pk__in=sorted(ids)).update(tries=F("tries") + 1, **values)


def release(one: NoticeChannel, not_before: datetime | None) -> None:
    """Give a channel back: it is due when the first of what waits is, and no sooner than said."""
    found = NoticeDelivery.objects.filter(channel=one, state=core.WAITING)
    soonest = found.aggregate(at=Min("due_at"))["at"]
    one.worker = ""
    one.due_at = soonest if not_before is None or soonest is None else max(soonest, not_before)
    one.save(update_fields=["worker", "due_at", "last_ok_at", "failing_since", "last_fault"])


def drop_waiting(channel_ids: Collection[str]) -> None:
    """Note that what waits for channels will not be sent."""
    found = NoticeDelivery.objects.filter(channel_id__in=channel_ids, state=core.WAITING)
    found.update(state=core.DROPPED, due_at=None)
    NoticeChannel.objects.filter(pk__in=channel_ids, worker="").update(due_at=None)


def load_deliveries(ids: Collection[str]) -> dict[str, NoticeDelivery]:
    """Return deliveries by id, locked in key order."""
    found = NoticeDelivery.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {one.pk: one for one in found.select_related("channel")}


def send_again(ids: Collection[str], channel_ids: Collection[str], now: datetime) -> None:
    """Let deliveries be sent once more."""
    NoticeDelivery.objects.filter(pk__in=sorted(ids)).update(
        state=core.WAITING, tries=0, due_at=now, status="", answer="", sent_at=None
    )
    NoticeChannel.objects.filter(pk__in=sorted(channel_ids), worker="").update(due_at=now)


def drop_old(before: datetime, limit: int) -> int:
    """Drop deliveries that are over and older than an instant; return how many."""
    old = NoticeDelivery.objects.filter(created_at__lt=before).exclude(state=core.WAITING)
    ids = list(old.values_list("pk", flat=True)[:limit])
    return NoticeDelivery.objects.filter(pk__in=ids).delete()[0]


def find_failing(now: datetime, patience: timedelta) -> list[NoticeChannel]:
    """Return active channels on which nothing has arrived for so long."""
    found = NoticeChannel.objects.filter(is_active=True, failing_since__lte=now - patience)
    return list(found.order_by("pk"))
