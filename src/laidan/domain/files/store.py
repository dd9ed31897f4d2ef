"""Files in sets: loaded with what is decided about them, written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from laidan.domain.files.core import FileFacts
from laidan.domain.files.models import FileContent, FileLink, FileRole, Folder, StoredFile
from laidan.engine import bulk_sql


class FileRow(NamedTuple):
    """One row of stored_file."""

    id: str
    content_id: str
    folder_id: str | None
    name: str
    visibility: str
    owner: str
    created_at: datetime
    removed_at: datetime | None
    removed_by: str


class LinkRow(NamedTuple):
    """One row of file_link."""

    id: str
    file_id: str
    kind: str
    object_id: str
    linked_by: str
    linked_at: datetime


def load_files(ids: Iterable[str], *, lock: bool = False) -> dict[str, FileFacts]:
    """Return files by id (three queries, four where their rows are locked)."""
    wanted = set(ids)
    if lock:
        where, values = bulk_sql.among("id", wanted)
        bulk_sql.rows(
            f"SELECT id FROM stored_file WHERE {where} ORDER BY id{bulk_sql.locking()}", values
        )
    rows = list(StoredFile.objects.filter(pk__in=wanted).select_related("content"))
    roles: dict[str, set[str]] = {}
    for file_id, role in FileRole.objects.filter(file__in=wanted).values_list("file_id", "role"):
        roles.setdefault(file_id, set()).add(role)
    links: dict[str, set[tuple[str, str]]] = {}
    for file_id, kind, object_id in FileLink.objects.filter(file__in=wanted).values_list(
        "file_id", "kind", "object_id"
    ):
        links.setdefault(file_id, set()).add((kind, object_id))
    return {
        row.pk: FileFacts(
            id=row.pk,
            sha256=row.content_id,
            size=row.content.size,
            media_type=row.content.media_type,
            name=row.name,
            folder_id=row.folder_id,
            visibility=row.visibility,
            owner=row.owner,
            roles=frozenset(roles.get(row.pk, ())),
            links=frozenset(links.get(row.pk, ())),
            is_removed=row.removed_at is not None,
        )
        for row in rows
    }


def load_contents(digests: Collection[str]) -> set[str]:
    """Return those digests whose content is written down."""
    return set(FileContent.objects.filter(pk__in=set(digests)).values_list("pk", flat=True))


def load_folders(names: Collection[str]) -> dict[str, str]:
    """Return the ids of folders by name."""
    return dict(Folder.objects.filter(name__in=set(names)).values_list("name", "pk"))


def write_files(
    contents: Sequence[tuple[str, int, str, datetime]],
    folders: Sequence[tuple[str, str, datetime]],
    files: Sequence[FileRow],
) -> None:
    """Insert contents, folders and files; what somebody else wrote down meanwhile is left."""
    bulk_sql.insert_new_rows(
        FileContent, ("sha256", "size", "media_type", "created_at"), sorted(contents)
    )
    bulk_sql.insert_rows(Folder, ("id", "name", "created_at"), folders)
    bulk_sql.insert_rows(StoredFile, FileRow._fields, files)


def write_changed(rows: Sequence[FileFacts], *, now: datetime, by: dict[str, str]) -> None:
    """Update files that were renamed, moved, shared, removed or restored."""
    bulk_sql.update_rows(
        StoredFile,
        ("id",),
        ("name", "folder_id", "visibility", "removed_at", "removed_by"),
        [
            (row.id, row.name, row.folder_id, row.visibility, now if row.is_removed else None,
             by[row.id] if row.is_removed else "")
            for row in rows
        ],
    )  # fmt: skip


def write_folders(folders: Sequence[tuple[str, str, datetime]]) -> None:
    """Insert folders."""
    bulk_sql.insert_rows(Folder, ("id", "name", "created_at"), folders)


def write_roles(files: Collection[str], rows: Sequence[tuple[str, str, str]]) -> None:
    """Replace the roles of files by (id, file, role)."""
    if files:
        FileRole.objects.filter(file__in=set(files)).delete()
    bulk_sql.insert_rows(FileRole, ("id", "file_id", "role"), rows)


def write_links(added: Sequence[LinkRow], removed: Collection[tuple[str, str, str]]) -> None:
    """Insert links; delete those of (file, kind, object)."""
    if removed:
        kept = set(removed)
        found = FileLink.objects.filter(file__in={file_id for file_id, _, _ in kept})
        gone = [
            row.pk for row in found.only("id", "file", "kind", "object_id")
            if (row.file_id, row.kind, row.object_id) in kept
        ]  # fmt: skip
        FileLink.objects.filter(pk__in=gone).delete()
    bulk_sql.insert_new_rows(FileLink, LinkRow._fields, added)


def delete_removed(before: datetime, *, limit: int) -> tuple[int, list[str]]:
    """Delete files removed before an instant; return how many, and contents no file has now."""
    ids = list(
        StoredFile.objects.filter(removed_at__lt=before)
        .order_by("removed_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    if not ids:
        return 0, []
    held = StoredFile.objects.filter(pk__in=ids).values_list("content_id", flat=True)
    digests = set(held)
    StoredFile.objects.filter(pk__in=ids).delete()
    still = StoredFile.objects.filter(content=OuterRef("pk"))
    orphans = list(
        FileContent.objects.filter(~Exists(still), pk__in=digests).values_list("pk", flat=True)
    )
    FileContent.objects.filter(pk__in=orphans).delete()
    return len(ids), orphans
