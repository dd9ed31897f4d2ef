"""Reads of views, settings and assignments for pages."""

from __future__ import annotations

from django.db.models import Q

from laidan.domain.workplace.core import Setting, View, visible
from laidan.domain.workplace.models import ListSetting, SavedView
from laidan.domain.workplace.rows import setting_of, view_of

_SHARED_MAX = 200


def list_views(user_id: str) -> list[View]:
    """Return the views that a person sees: own ones, then those that others share."""
    found = SavedView.objects.filter(Q(owner_id=user_id) | Q(shared=True)).order_by("name", "id")
    return visible([view_of(one) for one in found[:_SHARED_MAX]], user_id)


def get_setting(user_id: str) -> Setting:
    """Return how a person likes the list."""
    return setting_of(ListSetting.objects.filter(id=user_id).first())
