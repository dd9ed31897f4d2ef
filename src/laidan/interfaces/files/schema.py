"""The fields that a file's columns can be mapped to, for each thing that is imported."""

from __future__ import annotations

from dataclasses import dataclass

from laidan.interfaces.files.cells import Kind


@dataclass(frozen=True, slots=True)
class Field:
    """A field's name in maps and exports, and what it takes; `line.` fields repeat per line."""

    name: str
    kind: Kind
    required: bool = False

    @property
    def is_line(self) -> bool:
        """Say whether each line of an order has its own."""
        return self.name.startswith("line.")


def _fields(spec: str) -> dict[str, Field]:
    """Read `name kind` pairs, one a line; a star marks what an import cannot do without."""
    found = {}
    for row in spec.split("\n"):
        if row.strip():
            name, kind = row.split()
            found[name] = Field(name, Kind(kind.rstrip("*")), kind.endswith("*"))
    return found


ORDERS = _fields("""
    external_no code*
    order_no code
    shop code
    type code
    placed_at instant*
    currency currency
    priority code
    state code
    cancel_reason code
    paid_at instant
    shipped_at instant
    delivered_at instant
    completed_at instant
    cancelled_at instant
    courier text
    tracking_no code
    customer.ref code
    customer.name text
    customer.phone text
    customer.email text
    ship_to.name text
    ship_to.phone text
    ship_to.country text
    ship_to.province text
    ship_to.city text
    ship_to.district text
    ship_to.street text
    ship_to.postcode text
    line.sku code*
    line.title text
    line.kind code
    line.quantity quantity
    line.unit_price price
    line.amount money
    line.discount money
    line.tax money
    line.from code
    line.until code
    line.attributes json
    discount money
    shipping_fee money
    total money
    paid.provider code
    paid.reference code
    paid.amount money
    paid.at instant
    refunded.reference code
    refunded.amount money
    refunded.at instant
    refunded.reason text
    payments json
    refunds json
    buyer_note note
    seller_note note
    tags tags
    fields json
    flags json
""")
"""An order, one row for each of its lines; what belongs to the order is the same on all of them."""

PRODUCTS = _fields("""
    product.code code
    product.name text
    code code*
    name text
    barcode code
    price price
    currency currency
    unit code
    decimals quantity
    kind code
    backorder yes-no
    safety quantity
    weight_grams quantity
    components json
""")
"""A SKU, one row each; those with the same product.code are one product."""

STOCK = _fields("""
    sku code*
    location code
    bucket code
    quantity quantity*
    kind code
    to code
    reason text
    reference code
""")
"""A movement; without `kind` the row is a count: what is on hand becomes `quantity`."""

CUSTOMERS = _fields("""
    ref code*
    name text
    phone text
    email text
    address.name text
    address.phone text
    address.country text
    address.province text
    address.city text
    address.district text
    address.street text
    address.postcode text
""")
"""A customer and one address."""

SCHEMAS = {"orders": ORDERS, "products": PRODUCTS, "stock": STOCK, "customers": CUSTOMERS}

OPEN_PREFIXES = {"orders": ("fields.", "line.attributes.", "extra.")}
"""Fields whose last part a map names itself: a blueprint's own, and what is only kept."""


def find_field(kind: str, name: str) -> Field | None:
    """Return a field by its name, open ones included."""
    known = SCHEMAS[kind].get(name)
    if known is not None:
        return known
    for prefix in OPEN_PREFIXES.get(kind, ()):
        if name.startswith(prefix) and len(name) > len(prefix):
            return Field(name, Kind.TEXT)
    return None
