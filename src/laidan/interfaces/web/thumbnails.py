"""Small pictures of large ones: what lists show must not weigh as much as a camera's photograph."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageOps, UnidentifiedImageError

from laidan.engine import blobs

SIDE = 96
"""Pixels of the longer side: twice what lists show, for fine screens."""
PIXELS_MAX = 60_000_000
"""Larger pictures are not opened: unpacked, they would fill the memory."""
MEDIA_TYPE = "image/webp"
_KEPT = 1_000
_READ = ("PNG", "JPEG", "GIF", "WEBP")


@lru_cache(maxsize=_KEPT)
def of_content(sha256: str) -> bytes | None:
    """Return the small picture of a content; None where it is no picture, too large or damaged."""
    try:
        with Image.open(blobs.path_of(sha256), formats=_READ) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                return None
            # A JPEG is unpacked at the size that is wanted.
            opened.draft("RGB", (SIDE * 2, SIDE * 2))
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return None
    picture.thumbnail((SIDE, SIDE))
    held = io.BytesIO()
    # Written from the pixels alone: where and by whom it was taken stays with the original.
    picture.save(held, "WEBP", quality=80)
    return held.getvalue()
