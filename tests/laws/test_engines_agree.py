"""The same script leaves the same rows on every engine, and tells callers the same."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from laws.telling import difference
from races.databases import own_database
from rows import digest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300


def play(engine: str, tmp_path: Path, *, seed: str) -> dict[str, Any]:
    """Play the script in a process of its own, on an empty database of an engine."""
    result = tmp_path / f"{engine}-{seed}.json"
    with own_database(engine) as url:
        environment = {
            **os.environ,
            # Sets and dictionaries must not decide anything, whatever their order.
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests"), str(ROOT)]),
            "LAIDAN_DATABASE_URL": url,
            "LAIDAN_DATA_DIR": str(tmp_path),
            # Blind indexes are in the rows: the keys must be the same.
            "LAIDAN_ENCRYPTION_KEYS": "k1:" + base64.b64encode(b"k" * 32).decode(),
        }
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("script.py")), str(result)],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    played: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return played


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script does on SQLite."""
    return play("sqlite", tmp_path_factory.mktemp("reference"), seed="1")


def test_the_same_script_gives_the_same_rows(
    reference: dict[str, Any], engine_name: str, tmp_path: Path
) -> None:
    """Each engine is compared with SQLite, and SQLite with itself in another order of sets."""
    other = play(engine_name, tmp_path, seed="2")
    assert reference["broken"] == other["broken"] == []
    assert difference(reference["told"], other["told"]) is None
    assert difference(reference["rows"], other["rows"]) is None
    assert digest(reference["rows"]) == digest(other["rows"])


def test_the_script_is_worth_playing(reference: dict[str, Any]) -> None:
    """Much is done and much is refused, and orders end in every state."""
    states = {row["state"] for row in reference["rows"]["sales_order"]}
    assert states >= {"awaiting_payment", "open", "completed", "cancelled"}
    verdicts = [one[1][0] for one in reference["told"] if isinstance(one[1], list)]
    assert verdicts.count("done") > 50
    assert verdicts.count("refused") > 50
