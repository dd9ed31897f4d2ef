"""Decisions about files: what bytes are, what a name may be, who may see and change one."""

from __future__ import annotations

import re
from dataclasses import dataclass

PRIVATE, SHARED, ROLES, LINKED = "private", "shared", "roles", "linked"
VISIBILITIES = (PRIVATE, SHARED, ROLES, LINKED)
"""Who sees a file: its owner; everybody who may see files; people of some roles; those who may see
what it belongs to."""
KINDS = ("order", "product", "customer", "supplier")
"""What a file may belong to."""
NAME_MAX = 200
PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
SHOWN = PICTURES | {"text/plain", "application/pdf"}
"""Types that a browser may show; everything else is only handed out for saving."""
UNKNOWN = "application/octet-stream"
_MARKS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x1f\x8b", "application/gzip"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SEPARATORS = re.compile(r"[/\\]")
# Beside control characters: what turns the direction of text round, so that "gpj.exe" reads else.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the name that he acts under, his roles, and whether every file is his to see."""

    label: str
    roles: frozenset[str] = frozenset()
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is decided about a file."""

    id: str
    sha256: str
    size: int
    media_type: str
    name: str
    folder_id: str | None
    visibility: str
    owner: str
    roles: frozenset[str]
    links: frozenset[tuple[str, str]]
    is_removed: bool


def media_type_of(head: bytes) -> str:
    """Return what bytes are by how they begin; never by a name, which anybody can choose.

    >>> media_type_of(b"%PDF-1.7 ..."), media_type_of(b"<script>"), media_type_of(bytes(8))
    ('application/pdf', 'text/plain', 'application/octet-stream')
    """
    for mark, media_type in _MARKS:
        if head.startswith(mark):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head and not _CONTROL.search(head) and _is_utf8(head):
        return "text/plain"
    return UNKNOWN


def clean_name(name: str) -> str:
    """Return a file's name without folders and characters that nobody sees, "" where none is left.

    >>> clean_name("合同/2026/合同.pdf"), clean_name("../../etc/passwd"), clean_name(" .. ")
    ('合同.pdf', 'passwd', '')
    """
    last = _SEPARATORS.split(name)[-1]
    seen = "".join(mark for mark in _UNSEEN.sub("", last) if not "\ud800" <= mark <= "\udfff")
    trimmed = seen.strip()
    if not trimmed.strip("."):
        return ""
    if len(trimmed) <= NAME_MAX:
        return trimmed
    stem, dot, ending = trimmed.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: NAME_MAX - len(ending) - 1]}.{ending}"
    return trimmed[:NAME_MAX]


def may_change(file: FileFacts, viewer: Viewer) -> bool:
    """Say whether somebody may rename, share, remove or restore a file."""
    return viewer.sees_all or file.owner == viewer.label


def may_see(file: FileFacts, viewer: Viewer, *, sees_linked: bool = False) -> bool:
    """Say whether somebody may see a file.

    `sees_linked` says whether he may see one of the things that it belongs to, which other rooms
    know. What was removed is seen by those who may restore it.
    """
    if may_change(file, viewer):
        return True
    if file.is_removed:
        return False
    if file.visibility == SHARED:
        return True
    if file.visibility == ROLES:
        return bool(file.roles & viewer.roles)
    return file.visibility == LINKED and sees_linked


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The last character may have been cut in two.
        return error.start > len(head) - 4 and error.reason == "unexpected end of data"
    return True
