"""What the reads of the API may be asked: the parameters of each list."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_figures import By
from laidan.interfaces.api.pagination import LIMIT_MAX, LIMIT_USUAL
from laidan.kernel.actor import Sight

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Total = Annotated[Decimal, Field(max_digits=24, decimal_places=6, allow_inf_nan=False)]
Category = Literal[
    "draft", "awaiting_payment", "in_review", "open", "completed", "closed", "cancelled"
]
FiguresSort = Literal["key", "-key", "amount", "-amount", "orders", "-orders", "units", "-units"]
FIGURES_USUAL, FIGURES_MAX = 100, 1000
Sort = Literal["placed_at", "-placed_at", "updated_at", "-updated_at", "total", "-total"]


class PageQuery(Schema):
    """Which page of a list."""

    limit: int = Field(LIMIT_USUAL, ge=1, le=LIMIT_MAX)
    cursor: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="`next_cursor` of the page before"
    )


class OrderFilters(Schema):
    """Filters, all of which must hold; type, shop, state and category may be given repeatedly."""

    type: list[Text] = Field([], max_length=50)
    shop: list[Text] = Field([], max_length=50)
    state: list[Text] = Field([], max_length=50)
    category: list[Category] = Field([], max_length=10)
    customer: Text | None = Field(None, description="the customer's ref or id")
    phone: Text | None = Field(None, description="a whole number, or its last four digits")
    external_no: Text | None = None
    sku: Text | None = None
    tag: Text | None = None
    q: Text | None = Field(
        None,
        description="order number, external number, phone or its last four digits, customer's ref "
        "or beginning of the name, or SKU",
    )
    placed_from: AwareDatetime | None = None
    placed_to: AwareDatetime | None = Field(None, description="exclusive")
    updated_from: AwareDatetime | None = None
    min_total: Total | None = None
    max_total: Total | None = None
    late: bool | None = None
    held: bool | None = None

    def filter(self, sight: Sight) -> OrderFilter:
        """Return the question as the lists know it, from somebody who sees so far."""
        given = {
            name: getattr(self, name)
            for name in OrderFilter.__dataclass_fields__
            if name in OrderFilters.model_fields
        }
        return OrderFilter(**given, sight=sight)


class OrderQuery(PageQuery, OrderFilters):
    """Which page of the orders that meet every filter, in which order."""

    sort: Sort = "-placed_at"
    full: bool = Field(
        default=False, description="with payments, fulfilments, returns, refunds and actions, too"
    )


class FiguresQuery(OrderFilters):
    """Of which orders, by what, and how many parts; the list's filters, and two of the address."""

    country: Text | None = Field(None, description="country of the delivery address")
    province: Text | None = Field(None, description="province of the delivery address")
    by: By | None = Field(None, description="what the parts are; without it only the totals")
    sort: FiguresSort | None = Field(
        None, description="key for day, month and hour, -amount for all others"
    )
    time_zone: Text | None = Field(
        None, description="whose days and hours; the only shop's, else the installation's"
    )
    limit: int = Field(FIGURES_USUAL, ge=1, le=FIGURES_MAX)


class BoardQuery(Schema):
    """Which orders the board shows."""

    type: list[Text] = Field([], max_length=50)
    shop: list[Text] = Field([], max_length=50)


class StockQuery(PageQuery):
    """Which balances; `below` leaves those of which less is available, in the SKU's unit."""

    sku: Text | None = None
    location: Text | None = None
    below: Total | None = None


class MovementQuery(PageQuery):
    """Which movements."""

    sku: Text | None = None
    location: Text | None = None


class ProductQuery(PageQuery):
    """Which products; `q` is the beginning of the product's code or name."""

    q: Text | None = None
