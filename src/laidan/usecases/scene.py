"""What an effect of a transition works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.catalog.core import Sku
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Refused
from laidan.usecases.transition_requests import TransitionInputs
from laidan.usecases.working import Changes, Work


@dataclass(slots=True)
class Scene:
    """What an effect works with."""

    changes: Changes
    skus: Mapping[str, Sku]
    references: set[tuple[str, str, str]]
    mint: Mint
    now: datetime
    actor: Actor
    at: datetime


Effect = Callable[[Work, TransitionInputs, Scene], Refused | None]
