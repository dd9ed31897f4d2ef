"""Files as people look for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Lower

from laidan.domain.files.core import LINKED, ROLES, SHARED, Viewer
from laidan.domain.files.models import FileContent, FileLink, FileRole, Folder, StoredFile


@dataclass(frozen=True, slots=True)
class FileFilter:
    """What a list of files is narrowed to; `folder` is a folder's id."""

    text: str = ""
    folder: str | None = None
    mine: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a list."""

    id: str
    name: str
    size: int
    media_type: str
    sha256: str
    folder: str
    visibility: str
    owner: str
    created_at: datetime
    removed_at: datetime | None


def list_files(
    viewer: Viewer, wanted: FileFilter, *, before: str | None, limit: int
) -> list[ListedFile]:
    """Return files that somebody may see, the newest first, before a file's id (one query).

    Files that are seen with what they belong to are listed there, and here for their owner.
    """
    found = _seen(viewer).filter(removed_at__isnull=not wanted.removed)
    if wanted.removed and not viewer.sees_all:
        found = found.filter(owner=viewer.label)
    if wanted.text:
        # Lowered on both sides: two engines compare by code point.
        found = found.annotate(lowered=Lower("name")).filter(lowered__contains=wanted.text.lower())
    if wanted.folder is not None:
        found = found.filter(folder=wanted.folder)
    if wanted.mine:
        found = found.filter(owner=viewer.label)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_listed(row) for row in found.order_by("-pk")[:limit]]


def list_linked(
    kind: str, object_ids: Iterable[str], viewer: Viewer
) -> dict[str, list[ListedFile]]:
    """Return the files that things have, by thing, the newest first (one query).

    The caller knows that the viewer may see the things themselves.
    """
    links = (
        FileLink.objects.filter(kind=kind, object_id__in=list(object_ids))
        .filter(file__removed_at__isnull=True)
        .select_related("file__content", "file__folder")
        .order_by("-file_id")
    )
    if not viewer.sees_all:
        links = links.filter(_clause(viewer, "file__") | Q(file__visibility=LINKED))
    listed: dict[str, list[ListedFile]] = {}
    for link in links:
        listed.setdefault(link.object_id, []).append(_listed(link.file))
    return listed


def list_grants(file_ids: Collection[str]) -> dict[str, list[str]]:
    """Return the roles that files are shared with (one query, none where there are no files)."""
    granted: dict[str, list[str]] = {}
    if file_ids:
        rows = FileRole.objects.filter(file__in=list(file_ids)).order_by("role")
        for file_id, role in rows.values_list("file_id", "role"):
            granted.setdefault(file_id, []).append(role)
    return granted


def list_folders() -> list[tuple[str, str, int]]:
    """Return folders with how many files are in them (one query)."""
    counted = Folder.objects.annotate(
        held=Count("files", filter=Q(files__removed_at__isnull=True))
    ).order_by("name")
    return list(counted.values_list("pk", "name", "held"))


def used_bytes() -> int:
    """Return how much is kept in all (one query)."""
    return int(FileContent.objects.aggregate(total=Sum("size"))["total"] or 0)


def contents_after(sha256: str, *, limit: int) -> list[tuple[str, int]]:
    """Return digests and sizes of what is written down, after a digest."""
    rows = FileContent.objects.filter(pk__gt=sha256).order_by("pk")
    return list(rows.values_list("pk", "size")[:limit])


def _seen(viewer: Viewer) -> QuerySet[StoredFile]:
    rows = StoredFile.objects.select_related("content", "folder")
    return rows if viewer.sees_all else rows.filter(_clause(viewer, ""))


def _clause(viewer: Viewer, path: str) -> Q:
    seen = Q(**{f"{path}owner": viewer.label}) | Q(**{f"{path}visibility": SHARED})
    if viewer.roles:
        key = f"{path}pk" if path else "pk"
        granted = FileRole.objects.filter(file=OuterRef(key), role__in=list(viewer.roles))
        seen |= Q(Exists(granted), **{f"{path}visibility": ROLES})
    return seen


def _listed(row: Any) -> ListedFile:
    return ListedFile(
        id=row.pk,
        name=row.name,
        size=row.content.size,
        media_type=row.content.media_type,
        sha256=row.content_id,
        folder=row.folder.name if row.folder else "",
        visibility=row.visibility,
        owner=row.owner,
        created_at=row.created_at,
        removed_at=row.removed_at,
    )
