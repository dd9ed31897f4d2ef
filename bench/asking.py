"""Asks the API inside this process, under a key of its own."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Asking = Callable[[str, Mapping[str, Any]], dict[str, Any]]


def caller() -> Asking:
    """Return a function that asks the API and returns what came back."""
    from django.conf import settings
    from django.test import Client

    from laidan.domain.access import core as access
    from laidan.kernel.ids import Mint
    from laidan.usecases import grant_access

    settings.ALLOWED_HOSTS = ["testserver"]
    now = datetime.now(UTC)
    token = access.new_token(os.urandom(access.ENTROPY_BYTES))
    wanted = grant_access.NewKey("admin", f"bench {now:%H%M%S}")
    grant_access.add_key(wanted, token, now=now, mint=Mint(now, os.urandom))
    client = Client(headers={"Authorization": f"Bearer {token.text}"})

    def get(path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        answer = client.get(f"/api/v1{path}", asked)
        if answer.status_code != 200:
            raise SystemExit(f"{path} {asked}: {answer.status_code} {answer.content[:300]!r}")
        told: dict[str, Any] = answer.json()
        return told

    return get
