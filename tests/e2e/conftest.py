"""The browser of the page tests, and a server with the demo shop that it looks at."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from laidan.interfaces.cli.benchmark import scratch

PASSWORD = "a-password-for-tests-only"


# A loaded machine may be slow; whoever waits does not wait longer than it takes.
expect.set_options(timeout=30_000)


@dataclass(frozen=True)
class Site:
    """A running server: its address, its administrator's password and a key for its API."""

    address: str
    password: str
    key: str
    database: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this directory, so that `-m "not e2e"` leaves the browser out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A server on SQLite with the demo shop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAIDAN_ADMIN_PASSWORD", PASSWORD)
        patch.setenv("LAIDAN_SECRET_KEY", "")
        with (
            scratch.scratch_database("sqlite") as url,
            scratch.new_installation(url) as installation,
        ):
            installation.must_run("demo")
            server = installation.server()
            address = f"http://127.0.0.1:{server.port}"
            # Links that are handed out, and calls to itself, lead here.
            server.environment["LAIDAN_BASE_URL"] = address
            with server:
                yield Site(
                    address, PASSWORD, installation.key, Path(url.removeprefix("sqlite:///"))
                )


@pytest.fixture(autouse=True)
def _own_look(site: Site) -> None:
    """Forget the language and theme that the last test has chosen: they follow the person."""
    with contextlib.closing(sqlite3.connect(site.database, timeout=30)) as database, database:
        database.execute("UPDATE app_user SET language = '', theme = ''")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, from LAIDAN_TEST_BROWSER or the path."""
    path = os.environ.get("LAIDAN_TEST_BROWSER") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium: set LAIDAN_TEST_BROWSER to its path")
    with sync_playwright() as playwright:
        # Chromium's own sandbox cannot start under root, which is what containers run as.
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of a fresh visitor; the test fails if the page's script or policy complained."""
    context = browser.new_context(base_url=site.address, locale="en-GB")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield opened
    context.close()
    assert complaints == []
