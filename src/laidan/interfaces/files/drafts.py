"""An order as a file tells it: plain values, not yet checked against the shop's own data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

from laidan.kernel import money

SALE = 1
CREDIT = -1

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something in the file that does not add up; kept on the order, never repaired."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class DraftCustomer:
    """Who ordered; `ref` is the file's own name for the person."""

    ref: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class DraftAddress:
    """Where the order goes, as far as the file says."""

    name: str = ""
    phone: str = ""
    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line. `unit_price` has up to 6 decimals; quantity is in the SKU's unit, above zero.

    `exact` is the amount before discount and before any rounding, as the file has it. `surplus`
    is the part of the discount that only undoes a unit price which had to be rounded up.
    """

    sku: str
    title: str
    quantity: Decimal
    unit_price: Decimal | None
    exact: Decimal | None
    discount: Decimal = ZERO
    surplus: Decimal = ZERO
    tax: Decimal = ZERO
    kind: str = "goods"
    starts: str = ""
    ends: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)
    row: int = 0

    def amount(self, currency: str) -> Decimal:
        """Return the exact amount, rounded half up once, less the discount."""
        return rounded(self.exact or ZERO, currency) - self.discount + self.surplus


@dataclass(frozen=True, slots=True)
class DraftPayment:
    """Money that came in."""

    provider: str
    reference: str
    amount: Decimal
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DraftRefund:
    """Money that went back; without a provider it went to where the payment came from."""

    reference: str
    amount: Decimal
    at: datetime | None = None
    reason: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class DraftHistory:
    """Where a finished order stands and when it got there; None: the file does not say."""

    state: str = ""
    cancel_reason: str = ""
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    courier: str = ""
    tracking_no: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a file that an order was read from; `row` is the first of them."""

    file: str
    row: int
    sheet: str = ""
    rows: int = 1


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """One order of a file, with everything in it that does not add up as `flags`.

    `direction` is SALE, or CREDIT for a credit note: the same positive quantities and amounts,
    but goods come back and money goes out, so figures subtract it.
    """

    external_no: str
    placed_at: datetime
    currency: str
    source: Source
    shop: str = ""
    type: str = ""
    order_no: str = ""
    priority: str = ""
    direction: int = SALE
    customer: DraftCustomer | None = None
    ship_to: DraftAddress | None = None
    lines: tuple[DraftLine, ...] = ()
    discount: Decimal = ZERO
    shipping_fee: Decimal = ZERO
    total: Decimal | None = None
    payments: tuple[DraftPayment, ...] = ()
    refunds: tuple[DraftRefund, ...] = ()
    history: DraftHistory = DraftHistory()
    buyer_note: str = ""
    seller_note: str = ""
    tags: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    def exact_amount(self) -> Decimal:
        """Return Σ lines before any rounding and before discounts."""
        return sum((line.exact or ZERO for line in self.lines), ZERO)

    def goods_amount(self) -> Decimal:
        """Return Σ lines, each rounded half up once to the currency's minor unit."""
        return sum((rounded(line.exact or ZERO, self.currency) for line in self.lines), ZERO)

    def total_amount(self) -> Decimal:
        """Return goods − discounts + shipping + tax: what the order comes to."""
        lines = sum((line.amount(self.currency) + line.tax for line in self.lines), ZERO)
        return lines - self.discount + self.shipping_fee

    def paid_amount(self) -> Decimal:
        """Return Σ payments."""
        return sum((payment.amount for payment in self.payments), ZERO)

    def refunded_amount(self) -> Decimal:
        """Return Σ refunds."""
        return sum((refund.amount for refund in self.refunds), ZERO)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half up (away from zero) to the currency's minor unit.

    >>> rounded(Decimal("0.125"), "CNY")
    Decimal('0.13')
    """
    with localcontext() as context:
        # Twelve digits of quantity times eighteen of price must not meet Python's 28-digit edge.
        context.prec = 60
        return amount.quantize(Decimal(1).scaleb(-money.exponent(currency)), rounding=ROUND_HALF_UP)


def product(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Multiply exactly, whatever the number of digits."""
    with localcontext() as context:
        context.prec = 60
        return quantity * unit_price
