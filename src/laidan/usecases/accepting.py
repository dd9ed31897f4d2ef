"""Turns a draft that is taken into its rows, its event and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from laidan.domain.orders.rows import OrderRow
from laidan.domain.parties.core import Customer
from laidan.domain.stock.rows import Allocation
from laidan.engine.counters import order_counter
from laidan.engine.sealing import Keyring
from laidan.kernel.ids import Mint
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.drafts import Decision, Draft, Paper
from laidan.usecases.drawing import Drawer
from laidan.usecases.people import Contact, Contacts

# The columns that say who an order is for stand side by side in its row.
_HASH = OrderRow._fields.index("event_hash")
_CUSTOMER = OrderRow._fields.index("customer_id")
_BEHIND = OrderRow._fields.index("last4_index") + 1


class Accepter:
    """Accepts drafts into a decision."""

    def __init__(  # noqa: PLR0913 - what was loaded, one by one
        self,
        decision: Decision,
        customers: dict[tuple[str, str], Customer],
        digests: Mapping[int, str],
        *,
        now: datetime,
        mint: Mint,
        keys: Keyring,
    ) -> None:
        self._decision = decision
        self._contacts = Contacts(customers, decision.customers, now=now, mint=mint, keys=keys)
        self._drawer = Drawer(now=now, mint=mint)
        self._digests = digests
        self._mint = mint

    def accept(self, draft: Draft) -> OrderAnswer:
        """Return the answer to an order that is taken; its rows are in the decision then."""
        order = draft.request.order
        paper = draft.paper or self._drawer.draw(draft, self._digests.get(id(order), ""))
        row = paper.row
        ahead = draft.contact
        if ahead is not None and self._contacts.admit(ahead):
            contact = ahead.contact
        else:
            contact = self._contacts.contact(order, row.id)
        self._keep(draft, paper, contact)
        return OrderAnswer(
            row.id, row.order_no, 1, paper.document, contact.text, draft.blueprint.key,
            paper.standing, created=True,
        )  # fmt: skip

    def _keep(self, draft: Draft, paper: Paper, contact: Contact) -> None:
        decision, new_id, row, lines = self._decision, self._mint.new, paper.row, paper.lines
        customer, name, _, sealed, *indexes = contact
        who = (customer.id if customer else None, name, sealed, *indexes)
        event = paper.event
        decision.orders.append(
            (*row[:_HASH], event.hash, *row[_HASH + 1 : _CUSTOMER], *who, *row[_BEHIND:])
        )
        decision.lines += lines
        decision.events.append(event._replace(sealed=sealed))
        decision.counts.add(
            order_counter(row.shop_id, row.type, row.state, row.currency), 1, row.total_minor
        )
        at = row.created_at
        decision.allocations += [
            Allocation(
                new_id(), row.id, lines[claim.demand.line_no - 1].id, claim.balance.id,
                claim.balance.sku_id, claim.balance.location_id, claim.quantity,
                claim.demand.per_unit, "reserved", at, at,
            )
            for claim in draft.claims
        ]  # fmt: skip
        decision.entries += paper.entries
        decision.tags += [(new_id(), row.id, tag) for tag in paper.tags]
        if paper.shipment is not None:
            shipment, parts = paper.shipment
            decision.shipments.append(shipment)
            decision.parts += parts
