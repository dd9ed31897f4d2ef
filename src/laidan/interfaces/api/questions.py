"""What the reads of the API may be asked: the parameters of each list."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from laidan.insights.order_conditions import OrderFilter
from laidan.interfaces.api.pagination import LIMIT_MAX, LIMIT_USUAL

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Total = Annotated[Decimal, Field(max_digits=24, decimal_places=6, allow_inf_nan=False)]
Category = Literal[
    "draft", "awaiting_payment", "in_review", "open", "completed", "closed", "cancelled"
]
Sort = Literal["placed_at", "-placed_at", "updated_at", "-updated_at", "total", "-total"]


class PageQuery(Schema):
    """Which page of a list."""

    limit: int = Field(LIMIT_USUAL, ge=1, le=LIMIT_MAX)
    cursor: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="`next_cursor` of the page before"
    )


class OrderQuery(PageQuery):
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
    sort: Sort = "-placed_at"
    full: bool = Field(
        default=False, description="with payments, fulfilments, returns, refunds and actions, too"
    )

    def filter(self) -> OrderFilter:
        """Return the question as the lists know it."""
        given = {name: getattr(self, name) for name in OrderFilter.__dataclass_fields__}
        return OrderFilter(**given)


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
