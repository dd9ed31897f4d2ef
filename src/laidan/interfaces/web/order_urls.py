"""The addresses of one order and of entering a new one."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import (
    lines_edit,
    order,
    order_drafts,
    order_edit,
    order_files,
    order_new,
    order_people,
    order_print,
)

patterns: list[URLPattern] = [
    path("orders/new", order_new.new, name="order-new"),
    path("orders/new/lines", order_new.add_lines, name="order-lines"),
    path("orders/new/preview", order_new.preview, name="order-preview"),
    path("orders/new/draft", order_drafts.save_draft, name="order-draft-save"),
    path("orders/-/skus", order_new.find_skus, name="order-skus"),
    path("orders/-/customers", order_people.find_customers, name="order-customers"),
    path("orders/-/customers/<str:customer>", order_people.choose_customer, name="order-customer"),
    path("orders/-/address", order_people.address_parts, name="address-parts"),
    path("orders/-/pictures/<uuid:file>", order_files.open_picture, name="picture"),
    path("orders/-/pictures/<uuid:file>/small", order_files.open_thumbnail, name="thumbnail"),
    path("orders/-/drafts", order_drafts.show_drafts, name="order-drafts"),
    path("orders/-/drafts/<uuid:draft>", order_drafts.show_draft, name="order-draft"),
    path("orders/-/drafts/<uuid:draft>/drop", order_drafts.drop_draft, name="order-draft-drop"),
    path("orders/<str:name>", order.show_order, name="order"),
    path("orders/<str:name>/reveal", order.reveal, name="order-reveal"),
    path("orders/<str:name>/print", order_print.show_slip, name="order-print"),
    path("orders/<str:name>/edit/lines/add", lines_edit.add, name="order-edit-lines"),
    path("orders/<str:name>/edit/lines/preview", lines_edit.preview, name="order-edit-preview"),
    path("orders/<str:name>/edit/<slug:part>", order_edit.edit, name="order-edit"),
    path("orders/<str:name>/files", order_files.add_files, name="order-files"),
    path("orders/<str:name>/files/<uuid:file>", order_files.open_file, name="order-file"),
    path("orders/<str:name>/files/<uuid:file>/off", order_files.take_off, name="order-file-off"),
]
