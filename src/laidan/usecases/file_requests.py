"""What a caller asks when it keeps, changes and links files."""

from __future__ import annotations

from dataclasses import dataclass

from laidan.domain.files.core import SHARED, Viewer
from laidan.engine.blobs import Blob
from laidan.kernel.actor import Actor

Link = tuple[str, str]
"""What a file belongs to: a kind of `domain.files.core.KINDS` and an id."""


@dataclass(frozen=True, slots=True)
class KeepFile:
    """A file to write down; its bytes are in the store already.

    `folder` is a name and is made where there is none; `roles` count with the visibility "roles".
    """

    blob: Blob
    name: str
    actor: Actor
    visibility: str = SHARED
    roles: tuple[str, ...] = ()
    folder: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeFile:
    """A file as it shall be; None leaves what is there. `folder` "" takes it out of its folder.

    `link` and `unlink` say what it belongs to from now on, and no longer.
    """

    file_id: str
    actor: Actor
    viewer: Viewer
    name: str | None = None
    visibility: str | None = None
    roles: tuple[str, ...] | None = None
    folder: str | None = None
    is_removed: bool | None = None
    link: tuple[Link, ...] = ()
    unlink: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What became of a file."""

    id: str
    name: str
    changed: bool = True
