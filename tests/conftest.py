"""What every test shares: the database engine under test and the hypothesis profiles.

`LAIDAN_TEST_ENGINE` names the engine: sqlite (the default), postgres or mariadb; or none, which
leaves Django unconfigured and so proves that the core needs neither. The servers'
addresses come from `LAIDAN_TEST_POSTGRES_URL` and `LAIDAN_TEST_MARIADB_URL`; without them the
standard local ports are tried. `scripts/test` finds or starts the servers and sets all three.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest
from pytest_django import DjangoDbBlocker

ENGINES = ("sqlite", "postgres", "mariadb", "none")
ENGINE = os.environ.get("LAIDAN_TEST_ENGINE", "sqlite")

# Each run has databases of its own name, so that two runs on one server do not meet. The workers
# of one run inherit the name from its controller and add their own suffix.
RUN_NAME = os.environ.setdefault("LAIDAN_TEST_NAME", f"laidan_{os.getpid()}")
RUN_DIRECTORY = Path(tempfile.gettempdir()) / f"laidan-tests-{RUN_NAME}"


def _database_url(engine: str) -> str:
    """The URL of the (not yet existing) database that tests on `engine` are named after."""
    if engine == "postgres":
        server = os.environ.get("LAIDAN_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")
    elif engine == "mariadb":
        server = os.environ.get("LAIDAN_TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306")
    elif engine == "sqlite":
        return f"sqlite:///{RUN_DIRECTORY}/laidan.sqlite3"
    else:
        sys.exit(f"LAIDAN_TEST_ENGINE is {engine!r}; it must be one of {', '.join(ENGINES)}.")
    parts = urlsplit(server)
    return f"{parts.scheme}://{parts.netloc}/{RUN_NAME}"


def _set_environment() -> None:
    """Point Laidan at the test database and at nothing else of the developer's."""
    # Empty rather than absent: a developer's .env file fills only what is absent.
    for name in ("LAIDAN_REDIS_URL", "LAIDAN_BROKER_URL", "LAIDAN_ENCRYPTION_KEYS"):
        os.environ[name] = ""
    if ENGINE == "none":
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        return
    os.environ.update(
        DJANGO_SETTINGS_MODULE="laidan.config.settings",
        LAIDAN_DATABASE_URL=_database_url(ENGINE),
        LAIDAN_DATA_DIR=str(RUN_DIRECTORY),
        LAIDAN_SECRET_KEY="only-for-tests-" + "0" * 40,
        LAIDAN_LANGUAGE="en",
        LAIDAN_TIME_ZONE="Asia/Shanghai",
    )
    RUN_DIRECTORY.mkdir(parents=True, exist_ok=True)


# At import, because Django reads its settings before any fixture runs, and the conftest of a
# directory named on the command line is imported before pytest-django sets Django up.
_set_environment()
if ENGINE != "none":
    import django

    django.setup()

# An example costs a server four times what it costs SQLite, and decides nothing else: fewer do.
hypothesis.settings.register_profile(
    "quick", max_examples=20 if ENGINE in {"postgres", "mariadb"} else 50, deadline=None
)
hypothesis.settings.register_profile(
    "thorough", max_examples=400, deadline=None, print_blob=True, derandomize=True
)
hypothesis.settings.load_profile(os.environ.get("LAIDAN_TEST_PROFILE", "quick"))


def pytest_configure() -> None:
    """Read Django's settings, on which pytest-django then sets Django up."""
    if ENGINE == "none":
        return
    from django.conf import settings

    import quickly

    assert settings.DATABASES["default"]["NAME"]
    quickly.hash_passwords_cheaply()
    quickly.read_blueprints_once()
    quickly.do_not_wait_for_disks()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on the other engines what asks nothing of them: SQLite's run has it."""
    if ENGINE in {"sqlite", "none"}:
        return
    left_out = [item for item in items if item.get_closest_marker("one_engine")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop the templates of this process, and once, when the controller is done, the directory."""
    if "races.prepared" in sys.modules:
        sys.modules["races.prepared"].drop_templates()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(RUN_DIRECTORY, ignore_errors=True)


def pytest_report_header() -> str:
    """Say which database engine this run is about."""
    return f"laidan: engine {ENGINE}, databases named {RUN_NAME}"


@pytest.fixture(scope="session")
def engine_name() -> str:
    """The engine under test: sqlite, postgres or mariadb."""
    return ENGINE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give SQLite a file for each worker: threads and processes then meet as they do in life."""
    from django.conf import settings

    if ENGINE == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(path)
        return
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Spare the throw-away database what only real data needs, and its tables what is empty."""
    from django.db import connection
    from django.test import TransactionTestCase

    from emptying import empty_tables

    TransactionTestCase._fixture_teardown = lambda self: empty_tables()  # type: ignore[method-assign]  # the point of it
    if ENGINE == "postgres":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
            cursor.execute("SET synchronous_commit = off")
