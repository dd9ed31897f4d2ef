"""Whether the test provider keeps its promises when it is asked from many sides at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from interfaces.played_provider import PROVIDER, a_refund, an_account, an_intent
from interfaces.provider_peer import NOW
from laidan.domain.test_provider.models import PlayedCallback, PlayedCharge, PlayedRefund
from laidan.interfaces.providers.base import ProviderRefusedError
from laidan.interfaces.providers.testing import answer_charge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.races]


def side_by_side(works: Sequence[Callable[[], object]]) -> list[object]:
    def run(work: Callable[[], object]) -> object:
        try:
            return work()
        except ProviderRefusedError as no:
            return no.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def test_one_charge_one_answer_and_no_more_back_than_came_in():
    account, intent = an_account(), an_intent()
    started = side_by_side([lambda: PROVIDER.start(account, intent, now=NOW)] * 6)
    assert len({one.reference for one in started}) == 1
    assert PlayedCharge.objects.count() == 1
    side_by_side([lambda: answer_charge("P1", "succeed", now=NOW)] * 6)
    assert PlayedCallback.objects.count() == 1
    wanted = [a_refund(f"R{n % 8}") for n in range(16)]
    given = side_by_side([lambda one=one: PROVIDER.refund(account, one, now=NOW) for one in wanted])
    # 64.50 has six times 10.00 in it; each number was asked for twice.
    assert PlayedRefund.objects.count() == 6
    assert given.count("over-refund") == 4
