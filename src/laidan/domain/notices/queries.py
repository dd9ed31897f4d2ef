"""Reads of notices for people: channels, rules, what was sent."""

from __future__ import annotations

from laidan.domain.notices.models import NoticeChannel, NoticeDelivery, NoticeRule


def list_channels() -> list[NoticeChannel]:
    """Return every channel by name."""
    return list(NoticeChannel.objects.order_by("name"))


def list_rules() -> list[NoticeRule]:
    """Return every rule by name, with its channel."""
    return list(NoticeRule.objects.select_related("channel").order_by("name"))


def get_channel(channel_id: str) -> NoticeChannel | None:
    """Return a channel."""
    return NoticeChannel.objects.filter(pk=channel_id).first()


def get_rule(rule_id: str) -> NoticeRule | None:
    """Return a rule."""
    return NoticeRule.objects.filter(pk=rule_id).first()


def get_delivery(delivery_id: str) -> NoticeDelivery | None:
    """Return a delivery with its channel."""
    return NoticeDelivery.objects.filter(pk=delivery_id).select_related("channel").first()


def list_deliveries(
    *, channel_id: str | None, state: str, before: str | None, limit: int
) -> list[NoticeDelivery]:
    """Return deliveries, the newest first."""
    found = NoticeDelivery.objects.select_related("channel").order_by("-pk")
    if channel_id is not None:
        found = found.filter(channel_id=channel_id)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:limit])
