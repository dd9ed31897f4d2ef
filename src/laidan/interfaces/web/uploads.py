"""Files on their way in and out: limited while they arrive, harmless when they are handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import FileResponse, Http404, HttpRequest
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from laidan.domain.files import core
from laidan.domain.files import store as files
from laidan.domain.files.core import FileFacts, Viewer
from laidan.engine import blobs
from laidan.insights import order_places
from laidan.kernel.actor import Actor
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.file_requests import FileAnswer, KeepFile, Link
from laidan.usecases.keep_files import keep_files

AT_ONCE_MAX = 20
"""Files that one form may bring."""
_TOO_LARGE = "laidan.too_large"
# A picture or text is shown in an empty box of its own: no script, no form, nothing loaded.
_BOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
# A browser's own PDF page cannot start in a sandbox; the type is told by the bytes and fixed.
_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
_SEES = {"product": "catalog.view", "customer": "customers.view", "supplier": "suppliers.view"}


class SizeLimit(FileUploadHandler):
    """Leaves out a file as soon as it is larger than one may be; the first of the handlers."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a piece on, or drop the file."""
        if start + len(raw_data) > settings.LAIDAN_FILE_MAX:
            if self.request is not None:
                self.request.META[_TOO_LARGE] = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers after this one."""


def viewer_of(actor: Actor) -> Viewer:
    """Return whom the room of files knows an actor as."""
    # Whose reach ends somewhere sees of others' files those alone that belong to what he sees.
    sees_all = actor.may("users.manage") and not actor.grants
    return Viewer(actor.label, actor.roles, sees_all=sees_all)


@dataclass(frozen=True, slots=True)
class Place:
    """Where new files go and who may see them; see `KeepFile`."""

    visibility: str = core.SHARED
    roles: tuple[str, ...] = ()
    folder: str = ""
    links: tuple[Link, ...] = ()


def keep_uploads(
    request: HttpRequest, actor: Actor, place: Place, *, now: datetime
) -> list[Outcome[FileAnswer]]:
    """Keep the files of a form's field `files`; one outcome for each, or one where none came.

    Refuses: file-too-large, too-many-files, and what `keep_files` refuses.
    """
    brought = request.FILES.getlist("files")
    if request.META.get(_TOO_LARGE):
        limit = settings.LAIDAN_FILE_MAX // (1024 * 1024)
        text = gettext("A file may have at most %(limit)d MB.") % {"limit": limit}
        return [Refused("file-too-large", text, 413)]
    if not brought:
        return [Refused("invalid-file", gettext("Choose a file first."), 422)]
    if len(brought) > AT_ONCE_MAX:
        text = gettext("At most %(limit)d files at once.") % {"limit": AT_ONCE_MAX}
        return [Refused("too-many-files", text, 422)]
    batch = [
        KeepFile(
            blobs.keep(one.chunks(), limit=settings.LAIDAN_FILE_MAX),
            one.name or "",
            actor,
            place.visibility,
            place.roles,
            place.folder,
            place.links,
        )
        for one in brought
    ]
    return keep_files(batch, now=now)


def find_seen(file_id: str, actor: Actor) -> FileFacts:
    """Return a file that an actor may see; raises Http404, as for one that is not there."""
    file = files.load_files([file_id]).get(file_id) if parse_id(file_id) == file_id else None
    if file is None or not core.may_see(
        file, viewer_of(actor), sees_linked=sees_linked(file.links, actor)
    ):
        raise Http404
    return file


def sees_linked(links: frozenset[Link], actor: Actor) -> bool:
    """Say whether an actor may see one of the things that a file belongs to."""
    if any(actor.may(_SEES[kind]) for kind, _ in links if kind in _SEES):
        return True
    orders = [object_id for kind, object_id in links if kind == "order"]
    return any(actor.sees(place) for place in order_places.load_places(orders))


def hand_out(file: FileFacts, *, save: bool) -> FileResponse:
    """Return a file's bytes so that a browser can do no harm with them; raises Http404.

    What it may show is shown in a box without scripts, everything else is saved.
    """
    if blobs.size_of(file.sha256) is None:
        raise Http404
    shown = not save and file.media_type in core.SHOWN
    headers: dict[str, Any] = {
        "Content-Type": _told(file.media_type) if shown else core.UNKNOWN,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _PDF if file.media_type == "application/pdf" else _BOX,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Disposition": content_disposition_header(not shown, file.name),
        # The bytes under an address never change, but who may see them does.
        "Cache-Control": "private, no-cache",
        "ETag": f'"{file.sha256}"',
        "Content-Length": str(file.size),
    }
    response = FileResponse(blobs.path_of(file.sha256).open("rb"))
    # After the response has guessed its own from the name on the disk.
    for name, value in headers.items():
        response[name] = value
    return response


def _told(media_type: str) -> str:
    return "text/plain; charset=utf-8" if media_type == "text/plain" else media_type
