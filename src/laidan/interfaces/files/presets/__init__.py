"""Sources that Laidan knows: a map for each, shipped as data, and a rule where data is not enough."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.faults import Limits, RowError
from laidan.interfaces.files.mapping import Mapping, read_map
from laidan.interfaces.files.presets import olist, online_retail, superstore, tmall
from laidan.interfaces.files.reading import Rule, read_orders

FolderReader = Callable[[Path, Mapping, Limits], Iterator[DraftOrder | RowError]]

RULES: dict[str, Rule] = {
    "online-retail": online_retail.apply,
    "superstore": superstore.apply,
    "tmall": tmall.apply,
}
"""The rules a map may name."""

FOLDERS: dict[str, FolderReader] = {"olist": olist.read_folder}
"""Sources whose orders are spread over several files."""

SIDE_TABLES = {"olist": ("customers", "products")}
"""The tables of such a source that several orders refer to."""

NAMES = ("laidan", "olist", "online-retail", "superstore", "tmall")


@dataclass(frozen=True, slots=True)
class Preset:
    """A known source."""

    name: str
    title: str
    mapping: Mapping


@lru_cache(maxsize=len(NAMES))
def load_preset(name: str) -> Preset:
    """Return a preset by its name; raises KeyError where there is none."""
    if name not in NAMES:
        raise KeyError(name)
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    mapping = read_map(tomllib.loads(text), name)
    return Preset(name, mapping.title, mapping)


def read_preset(
    path: Path, mapping: Mapping, limits: Limits = Limits()
) -> Iterator[DraftOrder | RowError]:
    """Yield the orders under a path as the map and its rule tell them."""
    if mapping.name in FOLDERS:
        return FOLDERS[mapping.name](path, mapping, limits)
    return read_orders(path, mapping, RULES.get(mapping.rule), limits)
