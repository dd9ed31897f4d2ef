"""What makes the tests quick and is nothing that they assert: cheap passwords, blueprints read once.

Only the process of the tests has it; the programs that they start are as they are in life.
"""

import functools

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from laidan.blueprints import library


class QuickPasswordHasher(Argon2PasswordHasher):
    """Argon2 with the least work that it allows: a strong hash takes a quarter of a second."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


def hash_passwords_cheaply() -> None:
    """Let passwords cost nothing."""
    strong, *others = settings.PASSWORD_HASHERS
    assert strong == "django.contrib.auth.hashers.Argon2PasswordHasher"
    settings.PASSWORD_HASHERS = ["quickly.QuickPasswordHasher", *others]


def read_blueprints_once() -> None:
    """Keep each blueprint that was read: nearly every test stores the shipped ones."""
    library.load = functools.cache(library.load)


def do_not_wait_for_disks() -> None:
    """Let SQLite's commits not wait for the disk: the file lives as long as the run."""
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" in options and "PRAGMA" in options["init_command"]:
        options["init_command"] += "PRAGMA synchronous=OFF;"
