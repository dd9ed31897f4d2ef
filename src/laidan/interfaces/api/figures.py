"""What the API tells of orders in figures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.insights import order_figures, zones
from laidan.insights.order_figures import MICRO, Part
from laidan.interfaces.api import answers, questions
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.reads import answer
from laidan.kernel.actor import forbidden
from laidan.kernel.money import format_minor, format_scaled, round_half_up
from laidan.kernel.outcome import Refused, invalid

_RATE_DECIMALS = 6


def register(router: Router) -> None:
    """Add the operation."""
    router.add_api_operation(
        "/figures", ["GET"], get_figures, auth=Needs("figures.view"), summary="Figures of orders",
        tags=["orders"], openapi_extra=answers.described(answers.FIGURES),
    )  # fmt: skip


def get_figures(
    request: HttpRequest,
    wanted: Query[questions.FiguresQuery],
) -> HttpResponse:
    """Orders, amounts, payments, refunds and buyers of the orders that meet every filter.

    In all, and by day, month, hour of the day, SKU, customer, country, province, shop, type, state
    or category. At most 200,000 orders are read.
    """
    now, actor = datetime.now(UTC), viewer_of(request).actor
    if "price" in actor.masks:
        raise RefusedError(forbidden("figures.view"))
    zone = _zone(wanted)
    usual = "key" if wanted.by in {"day", "month", "hour"} else "-amount"
    found = order_figures.read_figures(
        order_figures.Question(
            wanted.filter(actor.sight("figures.view")), wanted.by, wanted.sort or usual, wanted.limit, zone,
            wanted.country, wanted.province,
        ),
        now=now,
    )  # fmt: skip
    if isinstance(found, Refused):
        raise RefusedError(found)
    return answer(
        {
            "at": now,
            "by": wanted.by,
            "time_zone": zone.key,
            "totals": [_figures(one) for one in found.totals],
            "items": [_item(one) for one in found.parts],
            "has_more": found.has_more,
        }
    )


def _zone(wanted: questions.FiguresQuery) -> ZoneInfo:
    """Return whose days and hours are meant; raises RefusedError."""
    if wanted.time_zone is not None:
        try:
            return ZoneInfo(wanted.time_zone)
        except (KeyError, ValueError, OSError) as error:
            said = f"there is no time zone {wanted.time_zone!r}"
            raise RefusedError(invalid("time_zone", said)) from error
    return zones.zone_of(wanted.shop)


def _item(part: Part) -> dict[str, Any]:
    free = None if part.free_units is None else _units(part.free_units)
    return {"key": part.key, "label": part.label, **_figures(part), "free_units": free}


def _figures(part: Part) -> dict[str, Any]:
    def money(minor: int | None) -> str | None:
        return None if minor is None else format_minor(minor, part.currency)

    return {
        "currency": part.currency,
        "orders": part.orders,
        "paid_orders": part.paid_orders,
        "cancelled_orders": part.cancelled_orders,
        "units": _units(part.units),
        "goods": money(part.goods),
        "amount": money(part.amount),
        "captured": money(part.captured),
        "refunded": money(part.refunded),
        "paid": money(part.kept),
        "average_amount": money(part.average_amount),
        "average_paid": money(part.average_paid),
        "buyers": part.buyers,
        "repeat_buyers": part.repeat_buyers,
        "repeat_rate": _rate(part.repeat_buyers, part.buyers),
    }


def _rate(some: int, of_all: int) -> str | None:
    """Return a share as decimal text; None of nothing."""
    if not of_all:
        return None
    return format_scaled(round_half_up(some * 10**_RATE_DECIMALS, of_all), _RATE_DECIMALS)


def _units(millionths: int) -> int | str:
    """Return whole units as a number, others as decimal text."""
    whole, rest = divmod(millionths, 10**MICRO)
    return whole if not rest else format_scaled(millionths, MICRO).rstrip("0")
