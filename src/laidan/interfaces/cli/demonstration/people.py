"""The demo's customers: made up, and the same from the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from laidan.interfaces.cli.demonstration import words
from laidan.usecases.order_requests import AddressRequest, CustomerRequest


@dataclass(frozen=True, slots=True)
class Person:
    """Who orders, and where it is sent."""

    customer: CustomerRequest
    address: AddressRequest


def people(count: int, rng: Random) -> list[Person]:
    """Return so many customers."""
    return [_person(number, rng) for number in range(1, count + 1)]


def _person(number: int, rng: Random) -> Person:
    surname = rng.choice(words.COMPOUND_SURNAMES) if rng.random() < 0.01 else rng.choice(words.SURNAMES)  # fmt: skip
    name = surname + rng.choice(words.GIVEN)
    # The block after the area of the number is one that no carrier gives out.
    phone = f"1{rng.choice('35789')}{rng.randrange(10)}0000{rng.randrange(10_000):04d}"
    email = f"c{number:05d}@{rng.choice(words.EMAIL_HOSTS)}" if rng.random() < 0.6 else ""
    province, city, districts, postcode = rng.choice(words.PLACES)
    street = f"{rng.choice(words.ROADS)} {rng.randrange(1, 400)} 号"
    if rng.random() < 0.7:
        street += (
            f" {rng.choice(words.ESTATES)} {rng.randrange(1, 30)} 幢"
            f" {rng.randrange(1, 28)}{rng.randrange(1, 5):02d} 室"
        )
    address = AddressRequest(
        name=name,
        phone=phone,
        country="CN",
        province=province,
        city=city,
        district=rng.choice(districts.split()),
        street=street,
        postcode=f"{postcode}{rng.randrange(100):02d}",
    )
    return Person(CustomerRequest(f"C{number:05d}", name, phone, email), address)
