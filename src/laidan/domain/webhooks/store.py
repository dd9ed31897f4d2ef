"""Writes of webhooks: endpoints, and deliveries queued, taken and told of, in sets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.engine import bulk_sql


class NewDelivery(NamedTuple):
    """A delivery to be made."""

    id: str
    endpoint_id: str
    event_id: str
    subject_id: str
    type: str
    position: int
    state: str
    next_at: datetime
    created_at: datetime
    tries: int = 0
    error: str = ""
    request: str = ""
    answer: str = ""


class Taken(NamedTuple):
    """A delivery that is being made; `tries` counts this one."""

    id: str
    endpoint_id: str
    event_id: str
    subject_id: str
    position: int
    tries: int


class Told(NamedTuple):
    """What became of one try; the first two are its fence."""

    id: str
    tries: int
    state: str
    next_at: datetime | None
    sent_at: datetime
    took_ms: int
    status: int | None
    error: str
    request: str
    answer: str
    done_at: datetime | None


def locked_endpoints(
    ids: Collection[str] | None = None, names: Collection[str] = ()
) -> list[WebhookEndpoint]:
    """Return endpoints by id or name, locked in key order; all that are active without ids."""
    found = WebhookEndpoint.objects.select_for_update().order_by("id")
    if ids is None:
        return list(found.filter(state=core.ACTIVE))
    return list(found.filter(Q(pk__in=sorted(ids)) | Q(name__in=sorted(names))))


def count_waiting(endpoint_ids: Sequence[str], *, limit: int) -> dict[str, int]:
    """Return how many deliveries wait for each endpoint, counted up to a limit (one query)."""
    if not endpoint_ids:
        return {}
    one = (
        "SELECT %s AS endpoint_id, COUNT(*) AS waiting FROM (SELECT 1 AS one FROM webhook_delivery "
        f"WHERE endpoint_id = %s AND state = %s LIMIT {limit:d}) AS d"
    )
    values = [value for id_ in endpoint_ids for value in (id_, id_, core.WAITING)]
    found = bulk_sql.rows(" UNION ALL ".join([one] * len(endpoint_ids)), values)
    return {str(endpoint): waiting for endpoint, waiting in found}


def queue(deliveries: Sequence[NewDelivery]) -> None:
    """Insert deliveries; those that are there already stay as they are."""
    bulk_sql.insert_new_rows(WebhookDelivery, NewDelivery._fields, deliveries)


def move_cursors(endpoints: Sequence[WebhookEndpoint]) -> None:
    """Write how far endpoints have come in the stream."""
    bulk_sql.update_rows(
        WebhookEndpoint, ("id",), ("position",), [(one.id, one.position) for one in endpoints]
    )


def take_due(endpoint_id: str, *, limit: int, now: datetime) -> list[Taken]:
    """Take deliveries that are due for a while: of each subject the earliest that waits."""
    found = bulk_sql.rows(
        "SELECT d.id, d.endpoint_id, d.event_id, d.subject_id, d.position, d.tries "
        "FROM webhook_delivery d WHERE d.endpoint_id = %s AND d.state = %s AND d.next_at <= %s "
        # A scalar, because a join of a table that was just filled is planned as if it were empty.
        "AND d.position = (SELECT MIN(e.position) FROM webhook_delivery e WHERE e.endpoint_id = "
        "d.endpoint_id AND e.subject_id = d.subject_id AND e.state = %s) "
        f"ORDER BY d.next_at, d.position LIMIT {limit:d}{bulk_sql.claiming()}",
        (endpoint_id, core.WAITING, bulk_sql.instant(now), core.WAITING),
    )
    taken = [
        Taken(str(id_), str(endpoint), str(event), str(subject), position, tries + 1)
        for id_, endpoint, event, subject, position, tries in found
    ]
    if not taken:
        return []
    where, values = bulk_sql.among("id", [one.id for one in taken])
    bulk_sql.run(
        f"UPDATE webhook_delivery SET tries = tries + 1, next_at = %s WHERE {where}",
        [bulk_sql.instant(now + core.LEASE), *values],
    )
    return taken


def tell(found: Sequence[Told]) -> set[str]:
    """Write what became of tries, without those that somebody else has taken since; return whose."""
    where, values = bulk_sql.among("id", [one.id for one in found])
    rows = bulk_sql.rows(
        f"SELECT id, tries, state FROM webhook_delivery WHERE {where} ORDER BY id"
        f"{bulk_sql.locking()}",
        values,
    )
    own = {(str(id_), tries) for id_, tries, state in rows if state == core.WAITING}
    kept = sorted(one for one in found if (one.id, one.tries) in own)
    bulk_sql.update_rows(WebhookDelivery, ("id", "tries"), Told._fields[2:], kept)
    return {one.id for one in kept}


def drop_old(before: datetime, *, limit: int) -> int:
    """Remove deliveries that ended before an instant; return how many."""
    old = WebhookDelivery.objects.filter(done_at__lt=before).order_by("done_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    WebhookDelivery.objects.filter(pk__in=ids).delete()
    return len(ids)
