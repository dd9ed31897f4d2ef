"""What every address of the pages and every operation of the API asks for, written down once more.

A new address is added here with the permission that it needs: `test_access_walk` fails until then.
"""

OPEN = ""
"""Whoever comes, signed in or not."""
SIGNED_IN = "signed in"
"""Whoever is signed in: it concerns himself alone."""

_PAGES = """
board orders.view | orders orders.view | search orders.view | suggest orders.view
bulk orders.view | undo orders.view | list-columns orders.view | list-density orders.view
view orders.view | view-drop orders.view | order orders.view | order-print orders.view
order-edit orders.view | act-menu orders.view | move orders.view | act orders.view
order-reveal customers.reveal_phone | order-edit-lines orders.change_lines
order-edit-preview orders.change_lines | order-files files.edit | order-file files.view
order-file-off files.edit | order-skus orders.view | order-customers customers.view
order-customer customers.view | address-parts orders.view | picture files.view | thumbnail files.view
order-new orders.place | order-lines orders.place | order-preview orders.place
order-draft-save orders.place | order-drafts orders.place | order-draft orders.place
order-draft-drop orders.place
jobs orders.view | job orders.view | job-cancel orders.view | job-results orders.view
job-take-back orders.view | job-undo imports.run | job-file orders.view
job-to-fix imports.run | exports orders.view | bulk-export orders.export | imports imports.run | import imports.run
stock stock.view | stock-file stock.view | stock-alerts stock.view | stock-alerts-see stock.view
stock-move stock.view | stock-sku stock.view
products catalog.view | product catalog.view | product-new catalog.edit | sku catalog.edit
product-remove catalog.edit | product-back catalog.edit | product-pictures catalog.edit
product-picture-drop catalog.edit | sku-new catalog.edit | prices catalog.view
price-list catalog.view | price-list-new catalog.prices | price-list-edit catalog.prices
customers customers.view | customer customers.view | customer-new customers.edit
customer-edit customers.edit | customer-merge customers.edit | customer-unmerge customers.edit
figures figures.view | figures-file figures.view
settlement settlement.view | settlement-file settlement.view | settlement-bills settlement.view
settlement-rule settlement.edit | settlement-breaks settlement.view | settlement-break settlement.view
settlement-day settlement.view | settlement-match settlement.edit | settlement-close settlement.close
settlement-explain settlement.edit | settlement-breaks-file settlement.view
files files.view | file files.view | file-change files.edit
shops settings.shops | shop settings.shops | shop-new settings.shops | sequences settings.shops
locations settings.locations | location settings.locations | location-new settings.locations
suppliers suppliers.view | supplier suppliers.edit | supplier-new suppliers.edit
dictionary settings.dictionary | dictionary-list settings.dictionary
tags settings.dictionary | tag settings.dictionary | tag-new settings.dictionary | tag-remove settings.dictionary
entry settings.dictionary | entry-new settings.dictionary | entry-remove settings.dictionary
settings-sign-in users.manage | settings-sign-in-unblock users.manage
settings-sign-in-reset users.manage | users users.view | user users.manage | user-new users.manage
user-password users.manage | user-switch users.manage | roles users.view | role users.view
role-new users.manage | role-delete users.manage | access-explain users.view
log audit.view | log-entry audit.view | log-seals audit.view | log-export audit.export
webhooks webhooks.view | webhook webhooks.view | webhook-log webhooks.view
webhook-delivery webhooks.view | webhook-new webhooks.manage | webhook-edit webhooks.manage
webhook-act webhooks.manage
me-keys keys.own | me-keys-revoke keys.own
me * | me-theme * | me-password * | me-factor * | me-factor-set-up * | me-factor-codes * | me-factor-off *
me-sessions * | me-sessions-end * | settings *
notices notices.manage | notice notices.manage | notice-new notices.manage
notice-preview notices.manage | notice-remove notices.manage | notice-log notices.manage
notice-delivery notices.manage | mail-server notices.manage | notice-channels notices.manage
notice-channel notices.manage | notice-channel-new notices.manage
notice-channel-remove notices.manage | notice-channel-test notices.manage
alarms alarms.view | alarms-see alarms.view | schedules schedules.view | schedule schedules.view
schedule-new schedules.manage | schedule-edit schedules.manage | schedule-times schedules.manage
schedule-remove schedules.manage | schedule-act schedules.manage
payments payments.view | payments-file payments.view | payment payments.view | payment-ask payments.view
payment-note orders.transition.pay | payment-decide orders.transition.pay
refunds payments.view | refunds-file payments.view | refund-decide payments.view
refund-new payments.refund | suspense payments.view | suspense-file payments.view
suspense-item payments.view | payment-accounts settings.payments
payment-account settings.payments | payment-account-new settings.payments
payment-account-test settings.payments | money-rules settings.payments
money-rules-shop settings.payments
pay - | pay-qr - | pay-start - | pay-payment - | pay-ask -
track - | track-order - | track-act - | test-provider -
sign-in - | sign-in-code - | sign-in-set-up - | sign-out - | language -
"""
_WORDS = {"*": SIGNED_IN, "-": OPEN}
_ROWS = (row.split() for line in _PAGES.strip().splitlines() for row in line.split("|"))
PAGES = {name: _WORDS.get(needed, needed) for name, needed in _ROWS}
"""The permission of every page, by the name of its route."""

_ACTS = ("approve", "pay", "refund", "ship", "deliver", "complete", "cancel", "revive", "advance")
_TRANSITIONS = frozenset(f"orders.transition.{act}" for act in ("hold", *_ACTS))
_PARTS = ("customer", "address", "notes", "tags", "fields", "lines", "price")
OPERATIONS = {
    ("GET", "/orders"): {"orders.view"},
    ("POST", "/orders"): {"orders.place"},
    ("POST", "/orders/batch"): {"orders.place"},
    ("POST", "/orders/transitions/{name}"): _TRANSITIONS,
    ("PATCH", "/orders/{order}"): {f"orders.change_{part}" for part in _PARTS},
    ("GET", "/orders/{order}"): {"orders.view"},
    ("POST", "/orders/{order}/transitions/{name}"): _TRANSITIONS,
    ("GET", "/orders/{order}/events"): {"orders.view"},
    ("GET", "/board"): {"orders.view"},
    ("GET", "/events"): {"orders.view", "catalog.view", "payments.view"},
    ("GET", "/events/schemas"): {"orders.view", "catalog.view", "payments.view"},
    ("GET", "/webhooks"): {"webhooks.view"},
    ("PUT", "/webhooks"): {"webhooks.manage"},
    ("DELETE", "/webhooks/{webhook}"): {"webhooks.manage"},
    ("POST", "/webhooks/{webhook}/test"): {"webhooks.manage"},
    ("GET", "/webhooks/{webhook}/deliveries"): {"webhooks.view"},
    ("POST", "/webhooks/{webhook}/replay"): {"webhooks.manage"},
    ("GET", "/schedules"): {"schedules.view"},
    ("PUT", "/schedules"): {"schedules.manage"},
    ("GET", "/schedules/{schedule}/runs"): {"schedules.view"},
    ("POST", "/schedules/{schedule}/run"): {"schedules.manage"},
    ("GET", "/figures"): {"figures.view"},
    ("GET", "/settlement/days"): {"settlement.view"},
    ("PUT", "/settlement/days"): {"settlement.edit", "settlement.close"},
    ("GET", "/settlement/breaks"): {"settlement.view"},
    ("PUT", "/settlement/breaks"): {"settlement.edit"},
    ("GET", "/settlement/bills"): {"settlement.view"},
    ("GET", "/stock"): {"stock.view"},
    ("GET", "/stock/movements"): {"stock.view"},
    ("POST", "/stock/movements"): {"stock.receive", "stock.transfer", "stock.adjust"},
    ("GET", "/products"): {"catalog.view"},
    ("PUT", "/products"): {"catalog.edit"},
    ("GET", "/skus/{code}"): {"catalog.view"},
    ("PUT", "/price-lists"): {"catalog.prices"},
    ("GET", "/shops"): {"settings.shops"},
    ("PUT", "/shops"): {"settings.shops"},
    ("GET", "/payments"): {"payments.view"},
    ("GET", "/payments/{number}"): {"payments.view"},
    ("POST", "/payments/{number}/{act}"): {"orders.transition.pay"},
    ("GET", "/refunds"): {"payments.view"},
    ("GET", "/suspense"): {"payments.view"},
    ("POST", "/orders/{order}/refunds"): {"payments.refund"},
    ("POST", "/refunds/{refund}/{act}"): {"payments.approve", "payments.refund"},
    ("POST", "/suspense/{item}/resolve"): {"payments.resolve"},
    ("GET", "/payment-accounts"): {"settings.payments"},
    ("PUT", "/payment-accounts"): {"settings.payments"},
    ("GET", "/locations"): {"settings.locations"},
    ("PUT", "/locations"): {"settings.locations"},
}
"""The permissions of every operation, any of which lets a caller in."""
