"""Receiving a large file: counted while it comes, refused as soon as it is too large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import (
    FileUploadHandler,
    SkipFile,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from laidan.interfaces.files.storage import UPLOAD_BYTES_MAX

TOO_LARGE = "laidan.import_too_large"
"""The mark in a request's META that a file was dropped for its size."""
View = Callable[..., HttpResponse]


class _Limit(FileUploadHandler):
    """Leaves a file out as soon as all together are larger than an import may be."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._came = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a piece on, or drop the file."""
        del start
        self._came += len(raw_data)
        if self._came > UPLOAD_BYTES_MAX:
            if self.request is not None:
                self.request.META[TOO_LARGE] = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handler after this one."""


def receiving(view: View) -> View:
    """Let a view receive files up to the limit of imports, straight onto the disk."""
    protected = csrf_protect(view)

    def received(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        # Before the form is read, which looking for the token does.
        request.upload_handlers = [_Limit(request), TemporaryFileUploadHandler(request)]
        return protected(request, *args, **named)

    vars(received).update(vars(view))
    return csrf_exempt(received)
