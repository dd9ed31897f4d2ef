"""Whom a new order is for: customers to choose from, their addresses, and pasted address text."""

from __future__ import annotations

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from laidan.domain.parties.address_text import TEXT_MAX, parse_address
from laidan.engine.sealing import masked_phone
from laidan.insights import customer_entry
from laidan.insights.customer_entry import KnownCustomer
from laidan.interfaces.web import contact_words
from laidan.interfaces.web.admission import PageRequest, needs

_QUERY_MAX = 80


@needs("customers.view")
def find_customers(request: PageRequest) -> HttpResponse:
    """Answer with the customers that a text may mean."""
    text = request.GET.get("customer_search", "").strip()[:_QUERY_MAX]
    sight = request.actor.sight("customers.view")
    known = customer_entry.search_customers(text, sight) if text and text.isprintable() else []
    context = {"found": known, "text": text}
    return render(request, "web/orders/entry_customers.html", context)


@needs("customers.view")
def choose_customer(request: PageRequest, customer: str) -> HttpResponse:
    """Answer with the form's part about a customer who is known, and his addresses."""
    known = customer_entry.load_customer(customer, request.actor.sight("customers.view"))
    if known is None:
        raise Http404
    sources = list(known.addresses)
    source = request.GET.get("address", sources[0] if sources else "")
    chosen = known.addresses.get(source)
    values = {
        "customer_id": known.id, "customer_ref": known.ref, "customer_name": known.name,
        "customer_phone": masked_phone(known.phone),
        "customer_email": contact_words.masked_email(known.email),
    }  # fmt: skip
    if chosen:
        hides = "address" in request.actor.masks
        seen = {**chosen, "phone": masked_phone(str(chosen.get("phone") or ""))}
        values |= {
            f"ship-{name}": str(seen.get(name) or "")
            for name in ("name", "phone", *contact_words.ADDRESS)
            if not (hides and name == "street")
        }
        values["ship-source"] = source
    context = {"values": values, "addresses": _labels(known, source), "faults": {}}
    return render(request, "web/orders/entry_person.html", context)


@needs("orders.view")
@require_POST
def address_parts(request: PageRequest) -> HttpResponse:
    """Answer with the parts of a pasted block of address text."""
    parts = parse_address(request.POST.get("text", "")[:TEXT_MAX])
    return HttpResponse(msgspec.json.encode(parts._asdict()), content_type="application/json")


def _labels(known: KnownCustomer, chosen: str) -> list[tuple[str, str, bool]]:
    """Return a customer's addresses in short: where each is kept, how it reads, whether chosen."""
    return [
        (
            source,
            " ".join(str(one.get(name) or "") for name in ("name", "city", "district", "street")),
            source == chosen,
        )
        for source, one in known.addresses.items()
    ]
