"""`laidan init`: an empty database becomes an installation, once."""

import json

import pytest

from cli.conftest import KEY, PASSWORD, Place
from laidan.blueprints import library
from laidan.domain.access import core

TYPES = len(library.shipped_sources())
COUNTS = (
    "SELECT (SELECT COUNT(*) FROM shop), (SELECT COUNT(*) FROM location), "
    "(SELECT COUNT(*) FROM shop_location), (SELECT COUNT(*) FROM app_user), "
    "(SELECT COUNT(*) FROM api_key), (SELECT COUNT(*) FROM order_type)"
)


def test_an_empty_database_becomes_an_installation(empty: Place):
    out = empty.must("init", LAIDAN_TIME_ZONE="Europe/Berlin")
    assert PASSWORD in out
    assert KEY in out
    assert empty.rows(COUNTS) == [(1, 1, 1, 1, 1, TYPES)]
    assert empty.rows("SELECT code, currency, time_zone FROM shop") == [
        ("main", "CNY", "Europe/Berlin")
    ]
    assert empty.rows("SELECT digest FROM api_key") == [(core.digest(KEY),)]
    assert empty.must("check", "--quiet").startswith("All ")


def test_running_it_again_changes_nothing(opened: Place):
    tables = ("shop", "location", "app_user", "api_key", "order_type", "epoch", "setting")
    before = {table: opened.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}
    again = opened.must("init", LAIDAN_DEMO_KEY="another-key-altogether", LAIDAN_TIME_ZONE="UTC")
    assert again == "Everything is there already; nothing was changed.\n"
    assert before == {table: opened.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}


def test_what_the_environment_does_not_say_is_made_up(empty: Place):
    made = json.loads(empty.must("init", "--json", LAIDAN_DEMO_KEY="", LAIDAN_ADMIN_PASSWORD=""))
    assert made["key"].startswith("ldk_")
    assert len(made["password"]) == 19
    assert empty.rows("SELECT digest FROM api_key") == [(core.digest(made["key"]),)]


def test_two_at_once_make_one_installation(empty: Place):
    both = [empty.start("init") for _ in range(2)]
    ends = [(child.communicate(timeout=300), child.returncode) for child in both]
    assert [code for _, code in ends] == [0, 0], ends
    assert empty.rows(COUNTS) == [(1, 1, 1, 1, 1, TYPES)]
    assert sorted("shown once" in out for (out, _), _ in ends) == [False, True]


def test_a_key_that_no_header_can_carry_is_refused(empty: Place):
    code, _, err = empty.run("init", LAIDAN_DEMO_KEY="two words")
    assert code == 2
    assert "visible ASCII" in err
    assert empty.rows("SELECT COUNT(*) FROM shop") == [(0,)]


def test_mariadb_compares_texts_exactly(opened: Place, engine_name: str):
    if engine_name != "mariadb":
        pytest.skip("the other engines compare exactly by themselves")
    assert opened.rows("SELECT @@collation_database") == [("utf8mb4_nopad_bin",)]
    (found,) = opened.rows(
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND collation_name NOT IN ('utf8mb4_nopad_bin', 'ascii_bin')"
    )
    assert found == (0,)


def test_a_database_that_is_not_there_is_said_in_one_line(empty: Place, engine_name: str):
    if engine_name == "sqlite":
        pytest.skip("SQLite makes its database")
    code, _, err = empty.run("init", LAIDAN_DATABASE_URL=empty.url + "_gone")
    assert code == 1
    assert err.startswith("laidan init: the database cannot be used: ")
    assert err.count("\n") == 1
