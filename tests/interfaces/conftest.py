"""What the tests of the doors share."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connections

from interfaces.doors import DjangoDoor, LaneDoor, a_key
from interfaces.provider_peer import Peer, serving
from laidan.engine.group_commit import GroupCommit
from laidan.interfaces.api import callbacks, committing, lane
from laidan.usecases import grant_access


def _closing(command: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
    """Return a command that leaves no connection open in its queue's thread."""

    def run(batch: Sequence[Any]) -> Any:
        try:
            return command(batch)
        finally:
            connections.close_all()

    return run


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Spare the tests the time that a good hash of a password takes on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def _own_queues() -> Iterator[None]:
    """Let the leaders give their connections back, so that the test database can be dropped."""
    patch = pytest.MonkeyPatch()
    for name in ("placing", "advancing", "amending"):
        command = getattr(committing, name)._command
        patch.setattr(committing, name, GroupCommit(_closing(command)))
    patch.setattr(callbacks, "receiving", GroupCommit(_closing(callbacks.receiving._command)))
    patch.setattr(lane, "_THREADS", 1)
    yield
    patch.undo()


@pytest.fixture(params=["lane", "django"])
def door(
    request: pytest.FixtureRequest, transactional_db: None, _own_queues: None
) -> Iterator[LaneDoor | DjangoDoor]:
    """Each of the two ways in."""
    if request.param == "django":
        yield DjangoDoor()
        return
    made = LaneDoor()
    yield made
    made.close()


@pytest.fixture
def django_door(transactional_db: None, _own_queues: None) -> DjangoDoor:
    """The way in through Django's views."""
    return DjangoDoor()


@pytest.fixture
def key(transactional_db: None) -> str:
    """A key that may do everything."""
    grant_access.forget_keys()
    return a_key()


@pytest.fixture(scope="session")
def _provider() -> Iterator[Peer]:
    with serving() as peer:
        yield peer


@pytest.fixture
def peer(_provider: Peer) -> Peer:
    """A payment provider's server that has been asked nothing yet and knows no answer."""
    _provider.asked.clear()
    _provider.answers.clear()
    return _provider
