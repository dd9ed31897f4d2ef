"""A thousand pieces, a crowd that wants far more, and the benchmark's own eyes on the answers."""

import pytest

from laidan.interfaces.cli.benchmark.load import DROP_STOCK, Pace
from laidan.interfaces.cli.benchmark.placing import Plan, run_plan
from races.databases import rows
from races.prepared import own_installation

pytestmark = [pytest.mark.races, pytest.mark.slow]
BUYERS = 4_000
SOLD = (
    "SELECT count(*), sum(a.quantity) FROM allocation a JOIN sku s ON s.id = a.sku_id"
    " WHERE s.code LIKE 'DROP-%'"
)


def test_a_drop_sells_exactly_what_there_is(engine_name: str) -> None:
    with own_installation(engine_name) as place:
        plan = Plan(mixes=["drop"], pace=Pace(64), skus=50, generator="python", buyers=BUYERS)
        report = run_plan(place, plan)
        assert report.faults == []
        assert report.runs["drop"].answers.statuses == {
            "201": DROP_STOCK,
            "409": BUYERS - DROP_STOCK,
        }
        [(orders, pieces)] = rows(place.url, SOLD)
        assert (orders, int(pieces)) == (DROP_STOCK, DROP_STOCK)
