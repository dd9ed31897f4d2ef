"""What files are, what they may be called, and who sees them."""

import pytest

from laidan.domain.files import core
from laidan.domain.files.core import FileFacts, Viewer

OWNER, CLERK = Viewer("user:wang"), Viewer("user:li", frozenset({"warehouse"}))
CHIEF = Viewer("user:admin", sees_all=True)


def a_file(visibility="private", *, roles=(), links=(), is_removed=False):
    return FileFacts(
        "id", "0" * 64, 3, "image/png", "a.png", None, visibility, "user:wang",
        frozenset(roles), frozenset(links), is_removed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "text/plain"),
        (b"<!doctype html><script>", "text/plain"),
        ("合同".encode()[:5], "text/plain"),
        (b"\xc3\x28", "application/octet-stream"),
        (b"MZ\x90\x00", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_bytes_say_what_they_are_and_markup_is_only_text(head, told):
    assert core.media_type_of(head) == told


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("合同 最终版.pdf", "合同 最终版.pdf"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd", "passwd"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
        ("bad\ud800.png", "bad.png"),
        ("...", ""),
        ("", ""),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("x" * 300, "x" * 200),
        ("<script>alert(1)</script>", "script>"),
    ],
)
def test_names_lose_what_could_mislead(given, kept):
    assert core.clean_name(given) == kept


def test_who_sees_a_file():
    private, shared = a_file(), a_file("shared")
    roles = a_file("roles", roles=("warehouse",))
    linked = a_file("linked", links=[("order", "x")])
    seen = [
        [core.may_see(file, viewer) for viewer in (OWNER, CLERK, CHIEF, Viewer("user:x"))]
        for file in (private, shared, roles, linked)
    ]
    assert seen == [
        [True, False, True, False],
        [True, True, True, True],
        [True, True, True, False],
        [True, False, True, False],
    ]
    assert core.may_see(linked, CLERK, sees_linked=True)
    assert not core.may_see(private, CLERK, sees_linked=True)
    gone = a_file("shared", is_removed=True)
    assert [core.may_see(gone, one) for one in (OWNER, CLERK, CHIEF)] == [True, False, True]
    assert [core.may_change(shared, one) for one in (OWNER, CLERK, CHIEF)] == [True, False, True]
