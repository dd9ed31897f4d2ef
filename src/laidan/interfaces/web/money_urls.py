"""The addresses of money: payments, refunds, suspense, and the accounts that take it."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import payment_accounts, payments, refunds, suspense

patterns: list[URLPattern] = [
    path("payments", payments.show_payments, name="payments"),
    path("payments/file.csv", payments.export_payments, name="payments-file"),
    path("payments/<slug:number>", payments.show_payment, name="payment"),
    path("payments/<slug:number>/ask", payments.ask, name="payment-ask"),
    path("payments/<slug:number>/note", payments.note, name="payment-note"),
    path("payments/<slug:number>/decide", payments.decide, name="payment-decide"),
    path("refunds", refunds.show_refunds, name="refunds"),
    path("refunds/file.csv", refunds.export_refunds, name="refunds-file"),
    path("refunds/decide", refunds.decide, name="refund-decide"),
    path("orders/<str:name>/refund", refunds.ask, name="refund-new"),
    path("suspense", suspense.show_suspense, name="suspense"),
    path("suspense/file.csv", suspense.export_suspense, name="suspense-file"),
    path("suspense/<str:item_id>", suspense.show_item, name="suspense-item"),
    path("settings/payments", payment_accounts.show_accounts, name="payment-accounts"),
    path("settings/payments/-/new", payment_accounts.edit, name="payment-account-new"),
    path("settings/payments/-/rules", payment_accounts.rules, name="money-rules"),
    path("settings/payments/-/rules/<str:shop>", payment_accounts.rules, name="money-rules-shop"),
    path("settings/payments/<str:code>", payment_accounts.edit, name="payment-account"),
    path("settings/payments/<str:code>/test", payment_accounts.test, name="payment-account-test"),
]
