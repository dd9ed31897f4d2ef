"""`laidan backup` and `laidan restore`: what is written comes back, or nothing is touched."""

import contextlib
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli.conftest import Place

KEYS = "SELECT name FROM api_key ORDER BY name"


@pytest.fixture
def saved(opened: Place) -> Path:
    """A backup that knows one key, while the database has lost it since."""
    file = opened.directory / "saved.bak"
    opened.must("backup", str(file))
    opened.rows("DELETE FROM api_key")
    opened.rows("UPDATE shop SET name = 'changed since'")
    return file


def test_a_backup_comes_back_and_is_checked(opened: Place, saved: Path):
    out = opened.must("restore", "--force", str(saved))
    assert "All " in out
    assert opened.rows(KEYS) == [("main",)]
    assert opened.rows("SELECT name FROM shop") == [("Main",)]


def test_a_backup_comes_back_into_an_empty_database(opened: Place, saved: Path, engine_name: str):
    with_tables = opened.rows("SELECT COUNT(*) FROM epoch")
    from races.databases import own_database

    with own_database(engine_name) as url:
        other = Place(url, opened.directory)
        other.must("restore", str(saved))
        assert other.rows(KEYS) == [("main",)]
        assert other.rows("SELECT COUNT(*) FROM epoch") == with_tables


def test_what_is_there_is_not_replaced_without_force(opened: Place, saved: Path):
    code, _, err = opened.run("restore", str(saved))
    assert code == 1
    assert "--force" in err
    assert opened.rows(KEYS) == []


def test_the_file_is_its_owners_alone(saved: Path):
    assert saved.stat().st_mode & 0o777 == 0o600
    assert list(saved.parent.glob(".*")) == []


def test_a_damaged_backup_touches_nothing(opened: Place, saved: Path, engine_name: str):
    content = saved.read_bytes()
    middle = len(content) // 2
    other = b"PGDMP" if engine_name != "postgres" else b"SQLite format 3\0"
    damaged = {
        "cut": content[:middle],
        # Enough of it that no engine's own redundancy can miss it.
        "flipped": content[: middle - 3000] + b"\xff" * 6000 + content[middle + 3000 :],
        "empty": b"",
        "foreign": b"order_no,total\n1,2\n",
        "of another engine": other + content,
    }
    for name, bytes_ in damaged.items():
        saved.write_bytes(bytes_)
        code, _, err = opened.run("restore", "--force", str(saved))
        assert code == 1, name
        assert err.startswith("laidan restore: "), name
        assert "Traceback" not in err
        assert opened.rows(KEYS) == []
        assert opened.rows("SELECT name FROM shop") == [("changed since",)]


def test_a_dump_that_was_not_finished_is_found_out(opened: Place, saved: Path, engine_name: str):
    if engine_name != "mariadb":
        pytest.skip("the other formats know their own end")
    half = gzip.decompress(saved.read_bytes())
    saved.write_bytes(gzip.compress(half[: len(half) // 2]))
    code, _, err = opened.run("restore", "--force", str(saved))
    assert (code, "not a whole backup" in err) == (1, True)
    assert opened.rows("SELECT name FROM shop") == [("changed since",)]


def test_it_is_written_while_others_write(opened: Place):
    file = opened.directory / "busy.bak"
    with opened.session() as run:
        # Not yet committed, so not in the backup; and the backup does not wait for it.
        run("UPDATE shop SET name = 'not yet'")
        opened.must("backup", str(file))
    assert opened.rows("SELECT name FROM shop") == [("not yet",)]
    opened.must("restore", "--force", str(file))
    assert opened.rows("SELECT name FROM shop") == [("Main",)]


def test_what_came_after_the_backup_is_gone_with_its_tables(opened: Place, saved: Path):
    opened.rows("CREATE TABLE newer (id integer)")
    opened.must("restore", "--force", str(saved))
    with pytest.raises(Exception, match="newer"):
        opened.rows("SELECT * FROM newer")


@pytest.mark.one_engine
def test_a_file_that_is_no_database_is_not_restored_into(unprepared: Place, saved: Path):
    """SQLite's own refusals arrive as one line, whatever it is that SQLite does not like."""
    broken = Path(unprepared.url.removeprefix("sqlite:///"))
    broken.write_bytes(b"no database" * 1000)
    code, _, err = unprepared.run("restore", "--force", str(saved))
    assert (code, err) == (1, "laidan restore: SQLite says: file is not a database\n")
    assert broken.read_bytes() == b"no database" * 1000


def test_a_failed_backup_leaves_the_old_one(opened: Place, saved: Path):
    before = saved.read_bytes()
    code, _, err = opened.run(
        "backup", str(saved), PATH="/nowhere", LAIDAN_DATABASE_URL=_gone(opened)
    )
    assert code == 1, err
    assert saved.read_bytes() == before
    code, _, err = opened.run("backup", str(opened.directory / "none" / "x"))
    assert (code, "there is no directory" in err) == (1, True)


def _gone(place: Place) -> str:
    return place.url + "_gone"


@pytest.mark.one_engine
def test_the_database_does_not_overwrite_itself(opened: Place):
    code, _, err = opened.run("backup", opened.url.removeprefix("sqlite:///"))
    assert (code, "is the database itself" in err) == (1, True)
    assert opened.rows(KEYS) == [("main",)]


def test_a_password_is_never_an_argument(opened: Place, engine_name: str):
    """The programs that are driven see it by environment or file; `ps` shows it to everybody."""
    if engine_name == "sqlite":
        pytest.skip("no program is driven")
    spy = opened.directory / "bin" / {"postgres": "pg_dump", "mariadb": "mariadb-dump"}[engine_name]
    spy.parent.mkdir()
    spy.write_text(SPY)
    spy.chmod(0o755)
    seen = {name: opened.directory / name for name in ("arguments", "secrets")}
    with _a_user_with_a_password(opened, engine_name) as url:
        code, _, err = opened.run(
            "backup",
            str(opened.directory / "x"),
            LAIDAN_DATABASE_URL=url,
            PATH=f"{spy.parent}:{os.environ['PATH']}",
            **{f"SPY_{name}": str(path) for name, path in seen.items()},
        )
    assert (code, "ended with 3" in err) == (1, True), err
    assert "pa ss" not in seen["arguments"].read_text()
    assert "pa ss" in seen["secrets"].read_text()


SPY = """#!/bin/sh
printf '%s\\n' "$@" > "$SPY_arguments"
env > "$SPY_secrets"
for word in "$@"; do
    case $word in --defaults-extra-file=*) cat "${word#*=}" >> "$SPY_secrets" ;; esac
done
exit 3
"""


@contextlib.contextmanager
def _a_user_with_a_password(place: Place, engine_name: str) -> Iterator[str]:
    parts = urlsplit(place.url)
    name = parts.path.removeprefix("/")
    address = parts.netloc.rpartition("@")[2]
    url = f"{parts.scheme}://{name}:pa%20ss@{address}/{name}"
    if engine_name == "postgres":
        place.rows(f"CREATE ROLE {name} LOGIN PASSWORD 'pa ss'")
        try:
            yield url
        finally:
            place.rows(f"DROP ROLE {name}")
        return
    place.rows(f"CREATE USER {name} IDENTIFIED BY 'pa ss'")
    place.rows(f"GRANT ALL ON {name}.* TO {name}")
    try:
        yield url
    finally:
        place.rows(f"DROP USER {name}")
