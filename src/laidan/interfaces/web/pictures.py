"""Pictures of what is sold: the newest picture that belongs to a SKU's product."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from laidan.domain.catalog.models import Sku
from laidan.domain.files import queries as files
from laidan.domain.files.core import PICTURES
from laidan.interfaces.web import uploads
from laidan.kernel.actor import Actor


def of_skus(codes: Iterable[str], actor: Actor) -> dict[str, str]:
    """Return the addresses of small pictures by SKU code (two queries, of no SKU none)."""
    wanted = set(codes)
    if not wanted or not actor.may("files.view"):
        return {}
    products = dict(Sku.objects.filter(code__in=wanted).values_list("code", "product_id"))
    listed = files.list_linked("product", set(products.values()), uploads.viewer_of(actor))
    found = {}
    for code, product in products.items():
        for file in listed.get(product, ()):
            if file.media_type in PICTURES:
                found[code] = reverse("web:thumbnail", args=[file.id])
                break
    return found
