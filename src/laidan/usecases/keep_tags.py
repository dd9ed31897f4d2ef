"""Keeps the tags of orders: adds, renames, merges, colours and removes them everywhere at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import parse_qsl, urlencode

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.dictionary import core, store
from laidan.domain.orders import tagging
from laidan.domain.workplace import store as workplace
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.tag_orders import TAG_MAX
from laidan.usecases.texts import name_faults

_IN_QUERY = "tag"
Entropy = Callable[[int], bytes]
_COMMAS = ",，、"


@dataclass(frozen=True, slots=True)
class KeepTag:
    """A tag as it shall be: `name` renames it, and `merges` it into one of that name.

    None leaves what is; `is_new` adds a tag, `is_gone` removes one, from orders only `even_used`.
    """

    tag: str
    actor: Actor
    name: str | None = None
    colour: str | None = None
    merges: bool = False
    is_new: bool = False
    is_gone: bool = False
    even_used: bool = False


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """What a tag is called now, and how many orders had it under the name asked for."""

    tag: str
    orders: int


@dataclass(slots=True)
class Tags:
    """Tags as a batch finds and leaves them; `origins` are the names that one had before."""

    colours: dict[str, str]
    counts: dict[str, int]
    origins: dict[str, set[str]]
    gone: set[str] = field(default_factory=set)
    deeds: list[Deed] = field(default_factory=list)

    def knows(self, name: str) -> bool:
        """Say whether there is such a tag."""
        return name in self.colours or self.counts.get(name, 0) > 0


@needs("settings.dictionary")
def keep_tags(
    batch: Sequence[KeepTag], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[TagAnswer]]:
    """Add, change, merge or remove each tag; one outcome per request, in the order given.

    Views that people keep of a tag follow its new name. The orders' own history stays as it was written; the operation log says what was done.
    Locks: the styles of the tags named, then the orders' tags that change, then the views of one
    that is renamed. Refuses: invalid-tag, unknown-tag, tag-taken, tag-in-use.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def decide(tags: Tags, request: KeepTag) -> Outcome[TagAnswer]:
    """Change tags as a request wishes."""
    known, count = tags.knows(request.tag), tags.counts.get(request.tag, 0)
    if not known and (request.is_gone or not request.is_new):
        return Refused("unknown-tag", f"There is no tag {request.tag!r}.", 404)
    if request.is_gone:
        return _remove(tags, request, count)
    name = request.tag if request.name is None else request.name
    refused = _refusal(tags, request, name)
    if refused is not None:
        return refused
    before = {"name": request.tag, "colour": tags.colours.get(request.tag)} if known else None
    verb = "changed" if known else "created"
    colour = request.colour or tags.colours.get(name) or tags.colours.get(request.tag)
    if name != request.tag:
        verb = "merged" if tags.knows(name) else verb
        tags.origins[name] |= tags.origins[request.tag]
        tags.origins[request.tag] = set()
        # At least so many: what both had is counted once, and only whether there is any is asked.
        tags.counts[name] = max(tags.counts.get(name, 0), tags.counts.pop(request.tag, 0))
        tags.colours.pop(request.tag, None)
    tags.colours[name] = colour or core.COLOURS[0]
    after: dict[str, object] = {"name": name, "colour": tags.colours[name]}
    if before != after:
        told = after | ({"orders": count} if name != request.tag else {})
        tags.deeds.append(
            Deed(request.actor.label, f"tag.{verb}", "tag", "", name, before=before, after=told)
        )
    return Done(TagAnswer(name, count))


def _remove(tags: Tags, request: KeepTag, count: int) -> Outcome[TagAnswer]:
    if count and not request.even_used:
        return Refused("tag-in-use", f"{count} orders have {request.tag}.", extra={"orders": count})
    before = {"colour": tags.colours.pop(request.tag, None), "orders": count}
    tags.counts.pop(request.tag, None)
    tags.gone |= tags.origins[request.tag]
    tags.origins[request.tag] = set()
    tags.deeds.append(
        Deed(request.actor.label, "tag.removed", "tag", "", request.tag, before=before, after={})
    )
    return Done(TagAnswer(request.tag, count))


def _refusal(tags: Tags, request: KeepTag, name: str) -> Refused | None:
    is_named = request.is_new or name != request.tag
    if is_named:
        fault = next(iter(name_faults(name, "name")), None)
        if fault is not None:
            return invalid("name", fault.msg, "invalid-tag")
        if len(name) > TAG_MAX:
            return invalid("name", f"has at most {TAG_MAX} characters", "invalid-tag")
        if any(mark in name for mark in _COMMAS):
            return invalid("name", "must not hold a comma", "invalid-tag")
        if tags.knows(name) and not request.merges:
            return Refused("tag-taken", f"There is a tag {name!r} already.")
    if request.colour is not None and request.colour not in core.COLOURS:
        return invalid("colour", f"must be one of {', '.join(core.COLOURS)}", "invalid-tag")
    return None


def _attempt(
    batch: Sequence[KeepTag], *, now: datetime, entropy: Entropy
) -> list[Outcome[TagAnswer]]:
    named = {name for one in batch for name in (one.tag, one.name) if name is not None}
    names = set(filter(_is_storable, named))
    before = store.load_tag_styles(names)
    counts = tagging.count_tags(names)
    tags = Tags(dict(before), counts, {name: {name} for name in names})
    outcomes: list[Outcome[TagAnswer]] = [decide(tags, request) for request in batch]
    _write(tags, before)
    record(tags.deeds, now=now, mint=Mint(now, entropy))
    return outcomes


def _is_storable(name: str) -> bool:
    """Say whether the database can be asked about a name at all."""
    faults = name_faults(name.strip(), "")
    return not any(fault.msg.startswith("holds") for fault in faults)


def _write(tags: Tags, before: dict[str, str]) -> None:
    named = {old: name for name, origins in tags.origins.items() for old in origins}
    renamed = {old: name for old, name in named.items() if old != name}
    if tags.gone:
        tagging.drop_tags(tags.gone)
    if any(len(origins) > 1 for origins in tags.origins.values()):
        tagging.drop_doubles(renamed)
    if renamed:
        tagging.rename_tags(renamed)
        _rename_in_views(renamed)
    if tags.colours != before:
        changed = {n: colour for n, colour in tags.colours.items() if before.get(n) != colour}
        store.write_tag_styles(changed, before.keys() - tags.colours.keys())


def _rename_in_views(renamed: Mapping[str, str]) -> None:
    """Let the views that list orders of a tag list those of its new name."""
    kept = workplace.load_queries(f"{_IN_QUERY}=")
    queries = {view_id: requeried(query, renamed) for view_id, query in kept.items()}
    workplace.write_queries({id_: new for id_, new in queries.items() if new != kept[id_]})


def requeried(query: str, renamed: Mapping[str, str]) -> str:
    """Return a view's query with tags under their new names.

    >>> requeried("tag=old+one&state=open", {"old one": "new"})
    'tag=new&state=open'
    """
    parts = parse_qsl(query, keep_blank_values=True)
    if not any(name == _IN_QUERY and value in renamed for name, value in parts):
        return query
    return urlencode(
        [(name, renamed.get(value, value) if name == _IN_QUERY else value) for name, value in parts]
    )
