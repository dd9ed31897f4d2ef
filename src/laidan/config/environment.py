"""Typed readers of the environment; what they cannot read stops the start with a sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from laidan.engine.origin import networks_of


def load_dotenv(path: Path) -> None:
    """Take the `NAME=value` lines of a .env file; the real environment comes first."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier():
            raise ImproperlyConfigured(f"{path}, line {number}: expected NAME=value")
        os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def text(name: str, default: str = "") -> str:
    """Return a variable, or the content of the file that NAME_FILE names."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        return Path(file_name).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def listed(name: str) -> list[str]:
    """Return a comma-separated variable."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def number(name: str, default: int) -> int:
    """Return a variable that must be a whole number of at least 1."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a whole number")
    return int(value)


def networks(name: str) -> list[str]:
    """Return a comma-separated variable of addresses and networks (`127.0.0.1, 10.0.0.0/8`)."""
    found = listed(name)
    try:
        networks_of(found)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error
    return found


def choice(name: str, default: str, allowed: set[str]) -> str:
    """Return a variable that must be one of a few words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: expected one of {sorted(allowed)}")
    return value


_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}


def database(url: str) -> dict[str, Any]:
    """Return Django's settings of the database at a URL."""
    parts = urlsplit(url)
    engine = _ENGINES.get(parts.scheme)
    if engine is None:
        raise ImproperlyConfigured(
            f"LAIDAN_DATABASE_URL: {parts.scheme or url!r} is not one of "
            "sqlite:///path, postgres://user@host/name, mysql://user@host/name"
        )
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path.removeprefix("/")) or ":memory:", engine)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    settings: dict[str, Any] = {
        "ENGINE": engine,
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(options),
    }
    if not settings["NAME"]:
        raise ImproperlyConfigured("LAIDAN_DATABASE_URL names no database")
    if engine.endswith("postgresql"):
        # A plan made once for all parameters is made while tables are small, and stays a scan of
        # them when they have grown; compiling a query costs more than any of ours runs; and the
        # default price of a random page is that of disks that turn.
        options = settings["OPTIONS"].get("options", "")
        settings["OPTIONS"]["options"] = (
            f"-c plan_cache_mode=force_custom_plan -c jit=off -c random_page_cost=1.1 {options}".strip()
        )
    if engine.endswith("mysql"):
        settings["OPTIONS"] |= {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            "init_command": "SET sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',"
            " innodb_lock_wait_timeout=20",
        }
        settings["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_nopad_bin"}
    return settings


def _sqlite(name: str, engine: str) -> dict[str, Any]:
    return {
        "ENGINE": engine,
        "NAME": name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000;"
                "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864;"
            ),
        },
        "CONN_MAX_AGE": None,
    }
