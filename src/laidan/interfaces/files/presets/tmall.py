"""What the columns of a Tmall order report mean together."""

from __future__ import annotations

from dataclasses import replace

from laidan.interfaces.files.drafts import (
    ZERO,
    DraftOrder,
    DraftPayment,
    DraftRefund,
    Flag,
)
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.mapping import Mapping


def apply(draft: DraftOrder, mapping: Mapping) -> DraftOrder | RowError:
    """Tell what came in, what went back, and where the order stands.

    买家实际支付金额 is what the buyer finally paid, net of refunds, so what came in is that amount
    plus 退款金额. The time of payment says whether an order was paid at all; the time of a refund
    is not in the report.
    """
    kept, refunded = draft.paid_amount(), draft.refunded_amount()
    paid_at = draft.history.paid_at
    total = draft.total or ZERO
    if paid_at is None:
        if kept or refunded:
            flag = Flag("paid-without-time", f"{kept} kept and {refunded} refunded, unpaid")
            draft = replace(draft, flags=(*draft.flags, flag))
        history = replace(draft.history, state="cancelled", cancel_reason="payment_timeout")
        return replace(draft, payments=(), refunds=(), history=history)
    flags = draft.flags
    if kept + refunded != total:
        detail = f"{kept} kept + {refunded} refunded is not the total {total}"
        flags = (*flags, Flag("payment-differs", detail))
    is_void = refunded > 0 and kept <= 0
    history = replace(
        draft.history,
        state="cancelled" if is_void else "closed",
        cancel_reason="channel" if is_void else "",
    )
    provider = mapping.constants.get("paid.provider", mapping.name)
    payment = DraftPayment(provider, "", kept + refunded, paid_at)
    refunds = (DraftRefund("", refunded),) if refunded else ()
    return replace(draft, payments=(payment,), refunds=refunds, history=history, flags=flags)
