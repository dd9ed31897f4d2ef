"""The law of files: what is written down is in the store."""

from __future__ import annotations

from collections.abc import Iterator

from laidan.domain.files import queries
from laidan.engine import blobs
from laidan.insights.laws.law import Law, Offence, by_python

PAGE = 1000


def file_laws() -> tuple[Law, ...]:
    """Return the law that looks into the store, for which the database alone is not enough."""
    return (
        by_python(
            "file-has-content",
            "Every content that files point to is in the store, with as many bytes as were kept.",
            _missing,
            slow=True,
        ),
    )


def _missing() -> Iterator[Offence]:
    last = ""
    while page := queries.contents_after(last, limit=PAGE):
        for sha256, size in page:
            found = blobs.size_of(sha256)
            if found != size:
                yield {"content": sha256, "bytes": size, "found": found}
        last = page[-1][0]
