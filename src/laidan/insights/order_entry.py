"""What entering an order by hand looks up: SKUs by code, barcode or name, with price and stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower, Upper

from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.core import COUNTED
from laidan.domain.catalog.core import Sku as SkuFacts
from laidan.domain.catalog.models import Barcode, Sku
from laidan.domain.channels.core import Shop
from laidan.domain.stock import store as stock
from laidan.domain.stock.models import Location
from laidan.engine import epochs
from laidan.kernel.money import format_price
from laidan.kernel.quantity import format_quantity

FOUND_MAX = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU as a shop offers it: price and stock as texts, None where there is neither.

    `places` are the shop's locations in its order of preference, with what is available there.
    """

    code: str
    name: str
    kind: str
    unit: str
    price: str | None
    available: str | None
    is_short: bool
    backorder: bool
    places: Sequence[tuple[str, str]]


def find_codes(texts: Iterable[str]) -> dict[str, str]:
    """Return SKU codes by what was typed or scanned: a code in any case, or a barcode."""
    wanted = {text for text in texts if text}
    if not wanted:
        return {}
    found = dict(Barcode.objects.filter(code__in=wanted).values_list("code", "sku__code"))
    spelled = wanted | {text.upper() for text in wanted}
    codes = set(Sku.objects.filter(code__in=spelled).values_list("code", flat=True))
    for text in wanted:
        code = text if text in codes else text.upper()
        if code in codes:
            found[text] = code
    return found


def search_offers(text: str, shop: Shop, kinds: Iterable[str]) -> list[Offer]:
    """Return offers whose code or name holds a text, or whose barcode it is (up to 8).

    Codes that begin so come first.
    """
    sold = Sku.objects.filter(is_active=True, kind__in=list(kinds)).order_by("code")
    # Not every engine compares without regard to case: both sides are brought to one.
    sold = sold.annotate(upper=Upper("code"), lower=Lower("name"))
    meant = Q(upper__contains=text.upper()) | Q(lower__contains=text.lower())
    meant |= Q(barcodes__code=text)
    begin = sold.filter(upper__startswith=text.upper()).values_list("code", flat=True)[:FOUND_MAX]
    codes = list(begin)
    if len(codes) < FOUND_MAX:
        others = sold.filter(meant).values_list("code", flat=True).distinct()[:FOUND_MAX]
        codes = list(dict.fromkeys([*codes, *others]))[:FOUND_MAX]
    return list(load_offers(codes, shop).values())


def load_offers(codes: Sequence[str], shop: Shop) -> dict[str, Offer]:
    """Return offers by code, in the order asked for (three queries)."""
    skus = catalog.load_skus(set(codes), epochs.read())
    if not skus:
        return {}
    units = dict(Sku.objects.filter(code__in=list(skus)).values_list("code", "unit"))
    held = _held(skus, shop)
    names = dict(Location.objects.filter(pk__in=shop.locations).values_list("pk", "name"))
    return {
        code: _offer(skus[code], units.get(code, ""), shop, held, names)
        for code in dict.fromkeys(codes)
        if code in skus
    }


def _held(skus: Mapping[str, SkuFacts], shop: Shop) -> dict[str, dict[str, int]]:
    """Return what is available of each SKU and each part of a bundle, by location."""
    wanted = {part.sku_id for sku in skus.values() for part in sku.components}
    wanted |= {sku.id for sku in skus.values() if sku.kind in COUNTED}
    held: dict[str, dict[str, int]] = {}
    if not wanted or not shop.locations:
        return held
    for balance in stock.load_balances(wanted, shop.locations, lock=False):
        places = held.setdefault(balance.sku_id, {})
        places[balance.location_id] = places.get(balance.location_id, 0) + balance.available
    return held


def _offer(
    sku: SkuFacts,
    unit: str,
    shop: Shop,
    held: Mapping[str, Mapping[str, int]],
    names: Mapping[str, str],
) -> Offer:
    one = 10**sku.decimals
    micro = sku.price(shop.price_list_id, shop.currency, one)
    by_place = _by_place(sku, shop.locations, held)
    total = None if by_place is None else sum(by_place.values())
    return Offer(
        code=sku.code,
        name=sku.name,
        kind=sku.kind,
        unit=unit,
        price=None if micro is None else format_price(micro, shop.currency),
        available=None if total is None else str(format_quantity(total, sku.decimals)),
        is_short=total is not None and total <= 0,
        backorder=sku.backorder,
        places=[
            (names.get(place, ""), str(format_quantity(count, sku.decimals)))
            for place, count in (by_place or {}).items()
        ],
    )


def _by_place(
    sku: SkuFacts, locations: Sequence[str], held: Mapping[str, Mapping[str, int]]
) -> dict[str, int] | None:
    """Return what is available at each location, None for what is not counted by piece.

    What is booked by day is not: how much is free depends on the day.
    """
    if sku.kind == "goods":
        return {place: held.get(sku.id, {}).get(place, 0) for place in locations}
    if sku.kind != "bundle" or not sku.components:
        return None
    return {
        place: min(
            held.get(part.sku_id, {}).get(place, 0) // part.quantity for part in sku.components
        )
        for place in locations
    }
