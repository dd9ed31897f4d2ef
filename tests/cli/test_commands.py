"""What every command has in common, and the small ones: user, key, blueprints, check."""

import json
import subprocess
import sys

import pytest

from cli.conftest import Place
from laidan.interfaces.cli.main import COMMANDS


@pytest.mark.one_engine
def test_the_list_of_commands_needs_no_django():
    script = (
        "import sys; from laidan.interfaces.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'django' not in sys.modules"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.one_engine
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(unprepared: Place, name: str):
    code, out, err = unprepared.run(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: laidan {name}")


@pytest.mark.one_engine
@pytest.mark.parametrize("words", [[], ["nonsense"], ["key"], ["user", "add"], ["check", "--x"]])
def test_unusable_arguments_exit_with_2(unprepared: Place, words: list[str]):
    code, out, err = unprepared.run(*words)
    assert (code, out) == (2, "")
    assert "usage: laidan" in err


def test_a_database_that_is_not_prepared_is_said_in_one_line(empty: Place):
    for words in (["user", "list"], ["key", "list"], ["check"], ["worker"], ["backup", "x"]):
        code, out, err = empty.run(*words)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1
        assert "Traceback" not in err


@pytest.mark.one_engine
def test_a_wrong_environment_is_said_in_one_line(unprepared: Place):
    code, _, err = unprepared.run("check", LAIDAN_DATABASE_URL="oracle://x/y")
    assert code == 2
    assert err.startswith("laidan check: LAIDAN_DATABASE_URL: 'oracle' is not one of")
    assert err.count("\n") == 1


@pytest.mark.one_engine
def test_users_come_and_go(opened: Place):
    opened.must(
        "user", "add", "mei", "--name", "王梅", "--rights", "orders:read", given="tea-9-cake\n"
    )
    listed = {row["username"]: row for row in json.loads(opened.must("user", "list", "--json"))}
    assert listed["mei"]["rights"] == ["orders:read"]
    assert listed["mei"]["name"] == "王梅"
    code, _, err = opened.run("user", "add", "mei", "--generate")
    assert (code, err) == (1, "laidan user: There is a user 'mei' already.\n")
    assert "(shown once)" in opened.must("user", "password", "mei", "--generate")
    opened.must("user", "disable", "mei")
    listed = {row["username"]: row for row in json.loads(opened.must("user", "list", "--json"))}
    assert listed["mei"]["active"] is False
    code, _, err = opened.run("user", "disable", "admin")
    assert code == 1
    assert "last user who may do everything" in err
    assert "王梅" in opened.must("user", "list")


@pytest.mark.one_engine
def test_shops_and_locations_are_opened_changed_and_listed(opened: Place):
    said = opened.must("locations", "add", "north", "--name", "北仓")
    assert said == "Opened the location north.\n"
    opened.must("shops", "add", "tmall", "--locations", "north", "--review-from", "50")
    opened.must("shops", "edit", "tmall", "--no-open", "--review-from", "", "--name", "旗舰店")
    listed = {row["code"]: row for row in json.loads(opened.must("shops", "list", "--json"))}
    shop = listed["tmall"]
    assert (shop["name"], shop["locations"], shop["review_from"]) == ("旗舰店", ["north"], "")
    assert (shop["is_open"], shop["currency"]) == (False, "CNY")
    opened.must("locations", "edit", "north", "--no-active")
    assert "北仓" in opened.must("locations", "list")
    wrongs = [
        ("shops", "add", "tmall"), ("shops", "edit", "none"), ("locations", "add", "north"),
        ("locations", "edit", "none"), ("shops", "add", "x y"), ("locations", "add", "../x"),
        ("shops", "edit", "tmall", "--currency", "MOON"),
        ("shops", "edit", "tmall", "--locations", "none"),
    ]  # fmt: skip
    for words in wrongs:
        code, _, err = opened.run(*words)
        assert (code, err.count("\n")) == (1, 1), words


@pytest.mark.one_engine
def test_keys_come_and_go(opened: Place):
    made = json.loads(
        opened.must("key", "add", "till", "--scopes", "orders:read", "--expires", "90d", "--json")
    )
    assert made["key"].startswith(f"ldk_{made['prefix']}_")
    listed = {row["name"]: row for row in json.loads(opened.must("key", "list", "--json"))}
    assert listed["till"]["scopes"] == ["orders:read"]
    assert made["key"] not in str(listed)
    opened.must("key", "revoke", "till")
    assert "till" not in opened.must("key", "list")
    assert "till" in opened.must("key", "list", "--all")
    code, _, _ = opened.run("key", "revoke", "till")
    assert code == 1
    for words in (["--expires", "soon"], ["--scopes", "orders:eat"]):
        code, _, err = opened.run("key", "add", "other", *words)
        assert code in (1, 2)
        assert err.count("\n") == 1


@pytest.mark.one_engine
def test_order_types_are_listed_shown_and_checked(opened: Place):
    listed = json.loads(opened.must("blueprints", "list", "--json"))
    assert {row["code"] for row in listed} >= {"custom", "retail", "virtual"}
    source = opened.must("blueprints", "show", "retail")
    file = opened.directory / "mine.toml"
    file.write_text(source, encoding="utf-8")
    assert "is sound" in opened.must("blueprints", "check", str(file))
    file.write_text(source.replace('to = "cancelled"', 'to = "nowhere"'), encoding="utf-8")
    code, out, _ = opened.run("blueprints", "check", str(file), "--json")
    assert code == 1
    assert any("nowhere" in fault for fault in json.loads(out)["faults"])
    code, _, _ = opened.run("blueprints", "check", str(opened.directory / "gone.toml"))
    assert code == 2


def test_check_names_the_law_and_the_row(opened: Place):
    opened.rows("INSERT INTO counter (name, slot, count, amount) VALUES ('orders|x', 0, 3, 5)")
    code, out, _ = opened.run("check")
    assert code == 1
    assert "BROKEN  counters-count-orders" in out
    assert "orders|x" in out
    code, out, _ = opened.run("check", "--json")
    assert code == 1
    report = json.loads(out)
    assert report["ok"] is False
    (broken,) = [law for law in report["laws"] if not law["holds"]]
    assert broken["name"] == "counters-count-orders"
    assert broken["rows"][0]["count"] == 3
    opened.rows("DELETE FROM counter")
    assert json.loads(opened.must("check", "--json", "--fast"))["ok"] is True
