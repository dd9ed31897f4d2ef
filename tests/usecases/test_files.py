"""Files are kept once, seen by those who may, changed by their owner, removed with a way back."""

import os
from datetime import timedelta
from itertools import count

import pytest

from builders import NOON, a_mint
from laidan.domain.files import queries, store
from laidan.domain.files.core import Viewer
from laidan.domain.files.models import FileContent, FileLink, FileRole, StoredFile
from laidan.domain.files.queries import FileFilter
from laidan.engine import blobs
from laidan.insights.laws.file_laws import file_laws
from laidan.insights.laws.law import judge
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.change_files import change_files
from laidan.usecases.file_requests import ChangeFile, KeepFile
from laidan.usecases.keep_files import REMOVED_KEPT, keep_files, sweep_files
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
RIGHTS = frozenset({"files.edit"})
WANG, LI = Actor(STAFF, "user:wang", RIGHTS), Actor(STAFF, "user:li", RIGHTS)
PNG = b"\x89PNG\r\n\x1a\n"
ORDER = a_mint().new()
_ticks = count()


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = tmp_path


def a_blob(content=b"words"):
    return blobs.keep([content[:2], content[2:]], limit=1000)


def kept(name="a.txt", content=b"words", actor=WANG, **more):
    # Ids sort by their millisecond, and the lists by ids.
    now = NOON + timedelta(seconds=next(_ticks))
    (outcome,) = keep_files([KeepFile(a_blob(content), name, actor, **more)], now=now)
    assert isinstance(outcome, Done), outcome
    return outcome.value.id


def a_change(file_id, actor=WANG, *, sees_all=False, **more):
    viewer = Viewer(actor.label, frozenset({"finance"}), sees_all)
    (outcome,) = change_files([ChangeFile(file_id, actor, viewer, **more)], now=NOON)
    return outcome


def listed(actor=LI, roles=(), **wanted):
    viewer = Viewer(actor.label, frozenset(roles))
    found = queries.list_files(viewer, FileFilter(**wanted), before=None, limit=50)
    return [file.name for file in found]


def test_the_same_bytes_are_kept_once_and_read_back():
    first, second = kept("合同.pdf", PNG + b"1"), kept("copy.png", PNG + b"1", LI)
    assert FileContent.objects.count() == 1
    file = store.load_files([first])[first]
    assert (file.name, file.media_type, file.size) == ("合同.pdf", "image/png", 9)
    assert blobs.path_of(file.sha256).read_bytes() == PNG + b"1"
    assert store.load_files([second])[second].sha256 == file.sha256
    assert queries.used_bytes() == 9
    assert list(blobs.digests()) == [file.sha256]


def test_lists_show_what_somebody_may_see():
    kept("mine.txt", visibility="private")
    kept("all.txt", folder="合同")
    kept("money.txt", visibility="roles", roles=("finance", "auditor"))
    linked = kept("of-order.txt", visibility="linked", links=(("order", ORDER),))
    assert listed() == ["all.txt"]
    assert listed(roles=["finance"]) == ["money.txt", "all.txt"]
    assert listed(WANG) == ["of-order.txt", "money.txt", "all.txt", "mine.txt"]
    assert listed(WANG, text="MINE") == ["mine.txt"]
    ((folder, name, count),) = queries.list_folders()
    assert (name, count, listed(folder=folder)) == ("合同", 1, ["all.txt"])
    found = queries.list_linked("order", [ORDER], Viewer("user:li"))
    assert [file.id for file in found[ORDER]] == [linked]
    mine = kept("mine.txt", visibility="private", links=(("order", ORDER),))
    seen = queries.list_linked("order", [ORDER], Viewer("user:x", sees_all=True))
    assert [file.id for file in seen[ORDER]] == [mine, linked]


def test_a_batch_takes_the_statements_of_one():
    def batch(size):
        return [
            KeepFile(
                a_blob(f"{size} {n}".encode()), f"{n}.txt", WANG, "roles", ("a", "b"), "F",
                (("order", ORDER),),
            )
            for n in range(size)
        ]  # fmt: skip

    with statements() as one:
        assert isinstance(keep_files(batch(1), now=NOON)[0], Done)
    with statements() as many:
        assert all(isinstance(one, Done) for one in keep_files(batch(60), now=NOON))
    # The first batch also made the folder.
    assert len(many) < len(one)
    ids = list(StoredFile.objects.values_list("pk", flat=True))
    viewer = Viewer("user:wang")
    for wanted in (ids[:1], ids[1:]):
        with statements() as changing:
            change_files(
                [ChangeFile(i, WANG, viewer, name="n", roles=("c",), link=(("product", ORDER),))
                 for i in wanted],
                now=NOON,
            )  # fmt: skip
        assert len(changing) <= 12
    assert set(FileRole.objects.values_list("role", flat=True)) == {"c"}
    assert FileLink.objects.count() == 122


@pytest.mark.parametrize(
    ("more", "content", "code"),
    [
        ({"name": "..."}, b"x", "invalid-file"),
        ({"visibility": "world"}, b"x", "invalid-file"),
        ({"visibility": "roles"}, b"x", "invalid-file"),
        ({"folder": "a/b"}, b"x", "invalid-file"),
        ({"links": (("order", "nonsense"),)}, b"x", "invalid-file"),
        ({"links": (("spaceship", ORDER),)}, b"x", "invalid-file"),
        ({}, b"", "invalid-file"),
    ],
)
def test_rubbish_is_refused_and_nothing_is_written(more, content, code):
    wish = {"name": "a.txt"} | more
    good = KeepFile(a_blob(b"good"), "good.txt", WANG)
    outcomes = keep_files([KeepFile(a_blob(content), actor=WANG, **wish), good], now=NOON)
    assert isinstance(outcomes[0], Refused)
    assert (outcomes[0].code, isinstance(outcomes[1], Done)) == (code, True)
    assert [file.name for file in StoredFile.objects.all()] == ["good.txt"]


def test_the_store_takes_no_more_than_it_may(settings):
    settings.LAIDAN_FILES_QUOTA = 10
    outcomes = keep_files(
        [KeepFile(a_blob(b"12345678"), "a", WANG), KeepFile(a_blob(b"abc"), "b", WANG),
         KeepFile(a_blob(b"12345678"), "same again", WANG)],
        now=NOON,
    )  # fmt: skip
    assert [getattr(one, "code", "done") for one in outcomes] == ["done", "quota-exceeded", "done"]
    with pytest.raises(blobs.BlobTooLargeError):
        blobs.keep([b"123", b"456"], limit=5)
    assert not list((settings.LAIDAN_DATA_DIR / "files" / "incoming").iterdir())
    with pytest.raises(ValueError, match="SHA-256"):
        blobs.path_of("../../secrets.json")


def test_only_the_owner_and_administrators_change_a_file():
    mine = kept("mine.txt")
    assert a_change(mine, LI, name="his.txt").code == "forbidden"
    assert a_change(kept(visibility="private"), LI, name="his.txt").code == "unknown-file"
    assert a_change(a_mint().new(), name="x").code == "unknown-file"
    assert a_change(mine, name="..").code == "invalid-file"
    assert a_change(mine, LI, sees_all=True, name="renamed.txt", folder="New").value.changed
    assert not a_change(mine, name="renamed.txt").value.changed
    (file,) = store.load_files([mine]).values()
    assert (file.name, file.owner) == ("renamed.txt", "user:wang")


def test_removing_can_be_undone_for_a_month_and_then_frees_the_room():
    first = kept("a.txt", b"one", links=(("order", ORDER),))
    kept("b.txt", b"one")
    assert a_change(first, is_removed=True).value.changed
    assert a_change(first, name="x").code == "file-removed"
    assert (listed(), listed(WANG, removed=True), listed(removed=True)) == (
        ["b.txt"], ["a.txt"], []
    )  # fmt: skip
    assert queries.list_linked("order", [ORDER], Viewer("user:li")) == {}
    assert a_change(first, is_removed=False).value.changed
    assert listed() == ["b.txt", "a.txt"]
    a_change(first, is_removed=True)
    assert sweep_files(now=NOON + REMOVED_KEPT) == 0
    assert sweep_files(now=NOON + REMOVED_KEPT + timedelta(seconds=1)) == 1
    assert (StoredFile.objects.count(), FileContent.objects.count()) == (1, 1)
    for (other,) in StoredFile.objects.values_list("pk"):
        a_change(other, is_removed=True)
    assert sweep_files(now=NOON + 2 * REMOVED_KEPT) == 1
    assert (FileContent.objects.count(), queries.used_bytes()) == (0, 0)


def test_bytes_of_which_nothing_is_written_down_go_after_a_day_and_lost_ones_are_named():
    kept("a.txt", b"one")
    known, orphan = a_blob(b"one"), a_blob(b"two")
    stray = blobs.path_of(orphan.sha256).with_name("notes.txt")
    stray.write_text("put here by hand")
    sweep_files(now=NOON)
    assert blobs.size_of(orphan.sha256) == 3
    for digest in (known.sha256, orphan.sha256):
        os.utime(blobs.path_of(digest), (0, 0))
    sweep_files(now=NOON)
    assert (blobs.size_of(orphan.sha256), blobs.size_of(known.sha256)) == (None, 3)
    assert stray.exists()
    (law,) = file_laws()
    assert judge(law).holds
    blobs.path_of(known.sha256).write_bytes(b"on")
    assert judge(law).rows == ({"content": known.sha256, "bytes": 3, "found": 2},)
    blobs.path_of(known.sha256).unlink()
    assert judge(law).rows == ({"content": known.sha256, "bytes": 3, "found": None},)
