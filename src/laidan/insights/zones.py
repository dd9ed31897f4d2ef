"""Whose days and hours are meant: a shop's own, else the installation's."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.conf import settings

from laidan.domain.channels import store as channels
from laidan.engine import epochs


def zone_of(shops: Sequence[str]) -> ZoneInfo:
    """Return the zone of the one shop that is meant, of several the installation's."""
    if len(shops) == 1:
        shop = channels.load_shops(shops, epochs.read()).get(shops[0])
        if shop is not None:
            return shop.zone
    return ZoneInfo(settings.TIME_ZONE)
