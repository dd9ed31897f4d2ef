"""Products and their SKUs: the list, the page of one, adding, changing, retiring, pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.catalog import queries as catalog
from laidan.domain.dictionary import queries as dictionary
from laidan.domain.files import queries as files
from laidan.domain.files.core import PICTURES, SHARED
from laidan.interfaces.web import choices, records, uploads
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.product_forms import SKU_PLACES, ProductForm, SkuForm, initial_of
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.change_files import change_files
from laidan.usecases.file_requests import ChangeFile
from laidan.usecases.product_requests import ProductRequest, SkuRequest, UpsertProduct
from laidan.usecases.remove_products import RemoveProduct, remove_products
from laidan.usecases.upsert_products import upsert_products

Document = dict[str, Any]


@needs("catalog.view")
@require_safe
def show_products(request: PageRequest) -> HttpResponse:
    """Show a page of products."""
    text = records.asked(request, "q")
    place = records.read_place(request, 1)
    found = catalog.survey_products(
        q=text or None, after=place[0] if place else None, limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(found)
    page = records.page_of(found, (last["code"],) if last else (), request)
    pictures = _pictures(request, [one["id"] for one in page.rows])
    context = {
        "page": page, "text": text, "pictures": pictures, "nav": "products",
        "may_edit": request.actor.may("catalog.edit"),
    }  # fmt: skip
    return render(request, "web/products/list.html", context)


@needs("catalog.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_product(request: PageRequest, code: str) -> HttpResponse:
    """Show a product with its SKUs and pictures; a POST renames it."""
    product = found(code)
    place = records.read_place(request, 1)
    listed = catalog.list_skus(
        product["id"], after=place[0] if place else None, limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(listed)
    form = ProductForm(
        request.POST if request.method == "POST" else None, initial={"name": product["name"]}
    )
    del form.fields["code"]
    if request.method == "POST" and form.is_valid():
        wish = ProductRequest(code=code, name=form.cleaned_data["name"])
        outcome = _upsert(request, wish)
        if isinstance(outcome, Done):
            return records.done(request, _saved(code), reverse("web:product", args=[code]))
        form.refuse(outcome)
    context = {
        "product": product, "form": form, "nav": "products",
        "page": records.page_of(listed, (last["code"],) if last else (), request),
        "pictures": _pictures(request, [product["id"]]).get(product["id"], []),
        "may_edit": request.actor.may("catalog.edit"),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/products/product.html", context, status=status)


@needs("catalog.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def add_product(request: PageRequest) -> HttpResponse:
    """Add a product with its first SKU."""
    given = request.POST if request.method == "POST" else None
    form, sku = ProductForm(given), SkuForm(given)
    is_sound = form.is_valid() and sku.is_valid() if given is not None else False
    if is_sound:
        name = form.cleaned_data["name"]
        if _is_known(form.cleaned_data["code"]):
            form.add_error("code", gettext("There is a product with this code."))
        else:
            wish = ProductRequest(code=form.cleaned_data["code"], name=name, skus=[sku.wish(name)])
            outcome = _upsert(request, wish)
            if isinstance(outcome, Done):
                address = reverse("web:product", args=[wish.code])
                return records.done(request, _saved(wish.code), address)
            sku.refuse(outcome, SKU_PLACES)
    elif given is not None:
        sku.is_valid()
    return _form(request, gettext("Add a product"), [form, sku], reverse("web:products"))


@needs("catalog.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def add_sku(request: PageRequest, code: str) -> HttpResponse:
    """Add a SKU to a product."""
    return _sku_page(request, found(code), None)


@needs("catalog.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_sku(request: PageRequest, code: str) -> HttpResponse:
    """Change a SKU."""
    sku = catalog.find_sku(code)
    if sku is None:
        raise Http404
    return _sku_page(request, found(sku["product"]["code"]), sku)


def _sku_page(request: PageRequest, product: Document, sku: Document | None) -> HttpResponse:
    code = product["code"]
    form = SkuForm(
        request.POST if request.method == "POST" else None, initial=initial_of(sku) if sku else None
    )
    if sku is not None:
        form.fields["sku"].disabled = True
    if request.method == "POST" and form.is_valid():
        if sku is None and catalog.find_sku(form.cleaned_data["sku"]) is not None:
            form.add_error("sku", gettext("There is a SKU with this code."))
        else:
            wish = ProductRequest(code=code, skus=[form.wish(product["name"])])
            outcome = _upsert(request, wish)
            if isinstance(outcome, Done):
                text = _saved(form.cleaned_data["sku"])
                return records.done(request, text, reverse("web:product", args=[code]))
            form.refuse(outcome, SKU_PLACES)
    title = sku["code"] if sku else gettext("Add a SKU")
    return _form(request, title, [form], reverse("web:product", args=[code]), product)


@needs("catalog.edit")
@require_POST
def remove(request: PageRequest, code: str) -> HttpResponse:
    """Delete a product that nothing speaks of; retire it otherwise."""
    (outcome,) = remove_products([RemoveProduct(code, request.actor)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        raise Http404
    if outcome.value.deleted:
        text = gettext("%(code)s was deleted") % {"code": code}
        return records.done(request, text, reverse("web:products"))
    text = gettext("%(code)s is in use and was retired; nobody can order it any more") % {
        "code": code
    }
    return records.done(request, text, reverse("web:product", args=[code]))


@needs("catalog.edit")
@require_POST
def bring_back(request: PageRequest, code: str) -> HttpResponse:
    """Sell a retired product again."""
    product = catalog.find_product(code)
    if product is None:
        raise Http404
    skus = [SkuRequest(code=one["code"], active=True) for one in product["skus"]]
    outcome = _upsert(request, ProductRequest(code=code, skus=skus))
    address = reverse("web:product", args=[code])
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, address)
    return records.done(request, _saved(code), address)


@needs("catalog.edit")
@require_POST
def add_pictures(request: PageRequest, code: str) -> HttpResponse:
    """Keep pictures of a product."""
    product = found(code)
    place = uploads.Place(SHARED, folder="", links=(("product", product["id"]),))
    outcomes = uploads.keep_uploads(request, request.actor, place, now=datetime.now(UTC))
    address = reverse("web:product", args=[code])
    refused = next((one for one in outcomes if isinstance(one, Refused)), None)
    if refused is not None:
        return records.refused(request, refused, address)
    return records.done(request, gettext("Pictures added"), address)


@needs("catalog.edit")
@require_POST
def drop_picture(request: PageRequest, code: str) -> HttpResponse:
    """Take a picture off a product; the file stays among the files."""
    product = found(code)
    link = (("product", product["id"]),)
    # Whoever may edit a product decides which pictures it has; the file itself stays its owner's.
    viewer = replace(uploads.viewer_of(request.actor), sees_all=True)
    wish = ChangeFile(request.POST.get("file", "")[:40], request.actor, viewer, unlink=link)
    (outcome,) = change_files([wish], now=datetime.now(UTC))
    address = reverse("web:product", args=[code])
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, address)
    return records.done(request, gettext("Picture taken off"), address)


def found(code: str) -> Document:
    """Return a product with figures of its SKUs; raises Http404."""
    product = catalog.survey_product(code)
    if product is None:
        raise Http404
    return product


def _is_known(code: str) -> bool:
    return catalog.survey_product(code) is not None


def _upsert(request: PageRequest, wish: ProductRequest) -> Outcome[Any]:
    (outcome,) = upsert_products([UpsertProduct(wish, request.actor)], now=datetime.now(UTC))
    return outcome


def _saved(name: str) -> str:
    return gettext("%(name)s saved") % {"name": name}


def _pictures(request: PageRequest, ids: list[str]) -> dict[str, list[files.ListedFile]]:
    if not ids:
        return {}
    linked = files.list_linked("product", ids, uploads.viewer_of(request.actor))
    return {
        id_: [one for one in listed if one.media_type in PICTURES] for id_, listed in linked.items()
    }


def _form(
    request: PageRequest, title: str, forms: list[Any], back: str, product: Document | None = None
) -> HttpResponse:
    crumbs = [(gettext("Catalogue"), reverse("web:products"))]
    if product is not None:
        crumbs.append((product["name"], back))
    context = {
        "forms": forms, "title": title, "back": back, "crumbs": crumbs, "nav": "products",
        "send": gettext("Save"), "units": dictionary.labels("unit", choices.language()),
    }  # fmt: skip
    status = 422 if any(form.errors for form in forms) else 200
    return render(request, "web/products/form.html", context, status=status)
