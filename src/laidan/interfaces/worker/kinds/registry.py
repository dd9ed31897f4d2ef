"""Every kind of job, by name; the README of `domain/jobs` says how to add one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from laidan.interfaces.worker.kinds import (
    bulk_act,
    export,
    import_master,
    import_orders,
    low_stock,
    order_act,
    read_bill,
    undo_import,
)
from laidan.usecases.bulk_acts import BULK_ACT
from laidan.usecases.order_act_jobs import ORDER_ACT
from laidan.usecases.report_low_stock import LOW_STOCK_REPORT
from laidan.usecases.settlement_requests import READ_BILL
from laidan.usecases.work_jobs import Work

Kind = Callable[[Work], Iterator[None]]
"""Does a job from where its cursor stands; yields after each chunk that it has committed."""

KINDS: Mapping[str, Kind] = {
    BULK_ACT: bulk_act.work,
    ORDER_ACT: order_act.work,
    "import_orders": import_orders.work,
    "import_products": import_master.work,
    "import_stock": import_master.work,
    "import_customers": import_master.work,
    "undo_import": undo_import.work,
    READ_BILL: read_bill.work,
    "export_orders": export.work,
    "export_products": export.work,
    "export_stock": export.work,
    "export_customers": export.work,
    LOW_STOCK_REPORT: low_stock.work,
}
