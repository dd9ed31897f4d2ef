"""Reading packed texts and folders; archives are never unpacked to the disk by their names."""

import gzip
import io
import tarfile
import zipfile

from files.samples import codes, read_all, workbook, write
from laidan.interfaces.files.tables import Limits, bundled

TEXT = b"no,qty\n1,2\n"


def tarball(path, members, headers=None):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.pax_headers = headers or {}
            archive.addfile(info, io.BytesIO(content))
    return path


def test_a_gzipped_text_is_read(tmp_path):
    path = write(tmp_path / "a.csv.gz", gzip.compress(TEXT))
    headers, rows, errors = read_all(path)
    assert (headers, len(rows), errors) == ([("no", "qty")], 1, [])


def test_every_text_of_a_tarball_is_a_table(tmp_path):
    path = tarball(tmp_path / "a.tar.gz", {"x/1.csv": TEXT, "x/2.csv": TEXT + b"3,4\n"})
    _, rows, errors = read_all(path)
    assert [row.cells for row in rows] == [("1", "2"), ("1", "2"), ("3", "4")]
    assert errors == []


def test_other_members_are_named_and_do_not_hide_the_rest(tmp_path):
    path = tarball(tmp_path / "a.tar.gz", {"../../evil.sh": b"rm", "e.csv": b"", "1.csv": TEXT})
    _, rows, errors = read_all(path)
    assert len(rows) == 1
    assert [(error.file, error.code) for error in errors] == [
        ("evil.sh", "not-a-table"),
        ("e.csv", "empty-file"),
    ]


def test_a_zip_of_texts_is_read_in_the_order_of_names(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.csv", TEXT)
        archive.writestr("a.csv", b"no,qty\n7,8\n")
        archive.writestr("__MACOSX/a.csv", b"\0\0")
    _, rows, errors = read_all(path)
    assert [row.cells for row in rows] == [("7", "8"), ("1", "2")]
    assert errors == []


def test_a_zip_of_gzipped_texts_is_read_and_held_to_the_limits_in_all(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv.gz", gzip.compress(TEXT))
        archive.writestr("b.csv.gz", gzip.compress(TEXT))
        archive.writestr("c.zip", b"PK")
    headers, rows, errors = read_all(path)
    assert (headers, [row.cells for row in rows]) == ([("no", "qty")] * 2, [("1", "2")] * 2)
    assert [(error.file, error.code) for error in errors] == [("c.zip", "not-a-table")]
    assert bundled(path) == ("a.csv.gz", "b.csv.gz")
    _, _, errors = read_all(path, limits=Limits(unpacked_bytes=len(TEXT) * 2 + 200))
    assert codes(errors) == ["not-a-table"]
    with zipfile.ZipFile(path, "w") as archive:
        for name in "ab":
            archive.writestr(f"{name}.csv.gz", gzip.compress(TEXT * 1000))
    _, _, errors = read_all(path, limits=Limits(unpacked_bytes=len(TEXT) * 1500))
    assert codes(errors) == ["zip-bomb"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv.gz", gzip.compress(b"0" * 60_000_000))
    assert codes(read_all(path)[2]) == ["zip-bomb"]
    assert bundled(path) == bundled(tmp_path) == bundled(write(tmp_path / "a.csv", TEXT)) == ()


def test_bombs_are_refused_while_they_unpack(tmp_path):
    bomb = gzip.compress(b"0" * 60_000_000)
    path = write(tmp_path / "a.csv.gz", bomb)
    assert codes(read_all(path)[2]) == ["zip-bomb"]
    path = tarball(tmp_path / "a.tar.gz", {"1.csv": b"0" * 60_000_000})
    assert codes(read_all(path)[2]) == ["zip-bomb"]
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 60_000_000)
    assert codes(read_all(path)[2]) == ["zip-bomb"]


def test_the_unpacked_size_is_limited_too(tmp_path):
    path = write(tmp_path / "a.csv.gz", gzip.compress(TEXT * 1000))
    assert codes(read_all(path, limits=Limits(unpacked_bytes=1000))[2]) == ["zip-bomb"]
    assert codes(read_all(path, limits=Limits(file_bytes=10))[2]) == ["file-too-large"]


def test_damaged_archives_are_named_so(tmp_path):
    whole = gzip.compress(TEXT * 100)
    assert codes(read_all(write(tmp_path / "a.csv.gz", whole[:-9]))[2]) == ["damaged-file"]
    assert codes(read_all(write(tmp_path / "b.tar.gz", whole))[2]) == ["damaged-file"]
    tarball(tmp_path / "c.tar.gz", {"1.csv": TEXT * 5000})
    cut = write(tmp_path / "c.tar.gz", (tmp_path / "c.tar.gz").read_bytes()[:-40])
    assert "damaged-file" in codes(read_all(cut)[2])


def test_wrong_extra_headers_of_a_tarball_are_damage(tmp_path):
    for name, headers in {
        "map": {"GNU.sparse.map": "0,x", "GNU.sparse.size": "11"},
        "size": {"GNU.sparse.map": "0,1", "GNU.sparse.size": "zz"},
        "real size": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"},
        "too long": {"size": "9" * 40},
    }.items():
        path = tarball(tmp_path / "a.tar.gz", {"1.csv": TEXT}, headers)
        assert codes(read_all(path)[2]) == ["damaged-file"], name


def test_a_file_with_holes_is_refused_before_it_is_filled(tmp_path):
    headers = {"GNU.sparse.map": "0,11", "GNU.sparse.size": str(10**13)}
    path = tarball(tmp_path / "a.tar.gz", {"1.csv": TEXT}, headers)
    assert codes(read_all(path)[2]) == ["zip-bomb"]


def test_a_folder_is_read_by_name_and_its_other_files_are_passed_over(tmp_path):
    write(tmp_path / "b.csv", TEXT)
    workbook(tmp_path / "a.xlsx", [["no", "qty"], ["A", 1]])
    write(tmp_path / "README.md", "hello")
    write(tmp_path / ".hidden.csv", TEXT)
    (tmp_path / "deeper").mkdir()
    headers, rows, errors = read_all(tmp_path)
    assert [row.cells for row in rows] == [("A", "1"), ("1", "2")]
    assert (len(headers), errors) == (2, [])


def test_an_empty_folder_is_an_error(tmp_path):
    assert codes(read_all(tmp_path)[2]) == ["empty-file"]
