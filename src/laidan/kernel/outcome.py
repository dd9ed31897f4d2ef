"""The answer to one request of a batch: done, or refused with a reason that is data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """One place in a request that is wrong."""

    loc: str
    msg: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not carried out; nothing of it was kept.

    `code` is a stable kebab-case slug and public; `status` is the HTTP status that says the same.
    """

    code: str
    detail: str
    status: int = 409
    errors: tuple[Fault, ...] = ()
    extra: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A request that was carried out; `replayed` where an earlier one had done it already."""

    value: T
    replayed: bool = False


Outcome = Done[T] | Refused


def invalid(loc: str, msg: str, code: str = "invalid-request") -> Refused:
    """Return the refusal of one wrong value (HTTP 422)."""
    return Refused(code, f"{loc}: {msg}" if loc else msg, 422, (Fault(loc, msg),))
