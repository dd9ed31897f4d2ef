"""Real order histories that lie beside the project, and the figures computed from them apart."""

import json
import os
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.presets import load_preset, read_preset
from laidan.interfaces.files.report import ReadingReport

DATA = Path(
    os.environ.get("LAIDAN_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)

MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder ../shared/data is not there"),
]


@cache
def history(name: str, path: str):
    report = ReadingReport()
    stream = read_preset(DATA / "histories" / path, load_preset(name).mapping)
    found = list(report.watch(stream))
    orders = [item for item in found if isinstance(item, DraftOrder)]
    return orders, [item for item in found if not isinstance(item, DraftOrder)], report


def truth(name: str):
    return json.loads((DATA / f"truth_{name}.json").read_text(encoding="utf-8"))


def local(order: DraftOrder, zone: str, layout: str = "%Y-%m") -> str:
    return order.placed_at.astimezone(ZoneInfo(zone)).strftime(layout)


def total(amounts) -> Decimal:
    return sum(amounts, Decimal(0))


def decimals(mapping) -> dict[str, Decimal]:
    return {key: Decimal(value) for key, value in mapping}
