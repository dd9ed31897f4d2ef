"""What a caller asks when it changes customers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from laidan.kernel.actor import Actor
from laidan.usecases.order_requests import AddressRequest, Name, Short


class CustomerWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A customer as it shall be; an empty text leaves what is there, an address is added."""

    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    name: Name = ""
    phone: Short = ""
    email: Annotated[str, msgspec.Meta(max_length=200)] = ""
    address: AddressRequest | None = None


class UpsertCustomer(msgspec.Struct, frozen=True):
    """One request of a batch: the customer, and who changes it."""

    customer: CustomerWish
    actor: Actor
