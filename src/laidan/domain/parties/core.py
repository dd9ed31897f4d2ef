"""Customers as the rest of the program sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    """Who a customer is, without what is sealed."""

    id: str
    ref: str | None
    name: str
