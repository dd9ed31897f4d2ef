"""Whatever providers, networks, people and crashes do: money is taken, given back and told once.

`make simulate` runs many seeds; a failure names its own.
"""

import os
from collections import Counter
from random import Random

import pytest

from builders import a_shop, a_sku
from laidan.kernel.ids import Mint
from laidan.usecases import (
    ask_providers,
    decide_payments,
    give_refunds,
    hear_providers,
    start_payments,
)
from laws.conftest import broken
from scenarios.faulty_provider import KilledError
from scenarios.money_world import Story
from usecases.money import an_account

SEEDS = int(os.environ.get("LAIDAN_SIMULATIONS", "3"))
FIRST = int(os.environ.get("LAIDAN_SIMULATION_SEED", "1"))
STEPS = 300


@pytest.fixture
def dying(monkeypatch):
    """Let the process die within commits, and right after them, as often as the story says."""
    real = hear_providers.write_till

    def install(story: Story) -> None:
        def write(*args, **named):
            real(*args, **named)
            if story.world._is_unlucky(0.04):
                raise KilledError("before the commit")

        # The seed alone tells the story: ids are drawn from it too.
        born, entropy = Mint.__init__, Random(story.seed).randbytes
        monkeypatch.setattr(Mint, "__init__", lambda self, now, _: born(self, now, entropy))
        for module in (
            hear_providers,
            ask_providers,
            decide_payments,
            give_refunds,
            start_payments,
        ):
            monkeypatch.setattr(module, "write_till", write)

    return install


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_a_story_of_money_ends_right(seed, dying, record_property):
    a_shop()
    a_sku("TEE", "64.00", on_hand=1000)
    story = Story(seed)
    story.account_id = an_account().id
    an_account("other", place=1)
    dying(story)
    story.run(STEPS)
    story.settle()
    assert story.faults() == [], f"seed {seed}"
    assert broken() == {}, f"seed {seed}"
    # The story was one: people died, callbacks came, the clock and refunds had work.
    told = Counter({name: min(count, 1) for name, count in story.seen.items() if name != "held"})
    assert told == Counter(dict.fromkeys(
        ("killed", "callbacks", "refund asks", "expired", "cancelled"), 1
    )), f"seed {seed}: {story.seen}"  # fmt: skip
    record_property("seen", dict(story.seen))
