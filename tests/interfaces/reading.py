"""A caller of the API's reads, and what its refusals must look like."""

from collections.abc import Callable
from typing import Any

from django.test import Client


def caller(token: str | None, **headers: str) -> Callable[..., Any]:
    """Return a function that sends a GET with a key."""
    client = Client()

    def get(path: str, **parameters: Any) -> Any:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return client.get(f"/api/v1{path}", parameters, headers=sent | headers)

    return get


def is_problem(answer: Any) -> bool:
    """Say whether an answer is problem+json with what RFC 9457 asks for."""
    if not answer["Content-Type"].startswith("application/problem+json"):
        return False
    document = answer.json()
    return (
        document["status"] == answer.status_code
        and document["type"].startswith("/problems/")
        and bool(document["title"] and document["detail"])
    )
