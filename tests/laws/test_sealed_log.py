"""The operation log's chains and daily seals: what was changed afterwards is named."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import NOON, a_mint
from laidan.domain.audit import days
from laidan.domain.audit.core import Deed
from laidan.domain.audit.models import Operation, Seal
from laidan.domain.audit.store import record
from laidan.engine import unit
from laidan.insights import seal_export
from laidan.interfaces.cli import main
from laidan.usecases.seal_log import public_key, seal_days
from laws.conftest import broken, run

pytestmark = pytest.mark.django_db(transaction=True)
DAY = NOON.date()
LATER = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture
def log(world: dict[str, str]) -> None:
    """Orders and operations of one day."""
    for count in (3, 1, 2):
        deeds = [Deed("user:mei", "price.set", "sku", str(n), "杯子", after={"price": n})
                 for n in range(count)]  # fmt: skip
        unit.run_once(lambda made=deeds: record(made, now=NOON, mint=a_mint()))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE operation SET actor = 'user:eve' WHERE seq = 3",
        "UPDATE operation SET changes = '{}' WHERE seq = 3",
        "UPDATE operation SET hash = '0' WHERE seq = 6",
        "DELETE FROM operation WHERE seq = 3",
    ],
)
def test_a_changed_operation_is_named(log: None, sql: str) -> None:
    assert broken() == {}
    assert run(sql) == 1
    assert set(broken()) == {"operation-chains"}


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM operation WHERE seq = 6",
        "UPDATE log_seal SET operations = operations + 1",
        "UPDATE log_seal SET signature = 'AAAA'",
        "UPDATE log_seal SET statement = '{}'",
        "UPDATE log_seal SET statement = REPLACE(statement, '\"operations\":6', '\"operations\":7')",
    ],
)
def test_a_changed_day_no_longer_has_its_seal(log: None, sql: str) -> None:
    assert seal_days(10, now=LATER) == 1
    assert broken() == {}
    assert run(sql) == 1
    assert set(broken()) == {"sealed-days"}


def test_days_are_sealed_once_in_order_with_those_on_which_nothing_happened(log: None) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    assert seal_days(10, now=midnight + timedelta(minutes=59)) == 0
    assert seal_days(10, now=midnight + timedelta(hours=1)) == 1
    assert seal_days(10, now=midnight + timedelta(hours=1)) == 0
    assert seal_days(2, now=midnight + timedelta(days=4)) == 2
    assert seal_days(2, now=midnight + timedelta(days=4)) == 1
    found = list(Seal.objects.order_by("day").values_list("operations", flat=True))
    assert found == [6, 0, 0, 0]
    assert Seal.objects.get(day=DAY).events == 4
    assert broken() == {}
    run("DELETE FROM log_seal WHERE day = %s", DAY + timedelta(days=1))
    assert set(broken()) == {"sealed-days"}


def test_pages_of_a_day_are_merged_by_id(log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(days.leaves(DAY))
    monkeypatch.setattr(days, "PAGE", 2)
    assert list(days.leaves(DAY)) == whole
    assert [one.id for one in whole] == sorted(one.id for one in whole)
    assert len(whole) == Operation.objects.count() + 4


@pytest.fixture
def export(log: None) -> list[str]:
    """The day in full, as an outsider gets it."""
    seal_days(1, now=LATER)
    return list(seal_export.export_lines(DAY, full=True, public_key=public_key()))


def test_an_outsider_verifies_a_day_without_the_database(export: list[str]) -> None:
    found = seal_export.verify(export, public_key())
    assert (found.faults, found.rows, found.statement.day) == ((), 10, DAY)
    plain = [json.dumps({k: v for k, v in json.loads(line).items() if k != "content"})
             for line in export]  # fmt: skip
    assert seal_export.verify(plain).faults == ()


def _without_one(lines: list[str]) -> Iterator[str]:
    yield from [*lines[:3], *lines[4:]]


def _changed(lines: list[str]) -> Iterator[str]:
    row = json.loads(lines[-1])
    row["content"]["actor"] = "user:eve"
    yield from [*lines[:-1], json.dumps(row)]


def _swapped(lines: list[str]) -> Iterator[str]:
    yield from [lines[0], lines[2], lines[1], *lines[3:]]


def _restated(lines: list[str]) -> Iterator[str]:
    head = json.loads(lines[0])
    head["seal"] = head["seal"].replace('"events":4', '"events":5')
    yield from [json.dumps(head), *lines[1:]]


@pytest.mark.parametrize("tamper", [_without_one, _changed, _swapped, _restated])
def test_a_changed_export_is_found_out(export: list[str], tamper) -> None:
    assert seal_export.verify(tamper(export), public_key()).faults


@pytest.mark.parametrize("rubbish", ["", "x", "[]", "{}", '{"seal": "{}"}', "\x00"])
def test_rubbish_is_no_export(rubbish: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        seal_export.verify([rubbish])


def test_the_command_line_seals_exports_and_verifies(
    log: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "day.jsonl", tmp_path / "key.pem"
    assert main.main(["log", "export", DAY.isoformat(), "--out", str(file)]) == 1
    seal_days(1, now=LATER)
    assert main.main(["log", "export", DAY.isoformat(), "--out", str(file), "--full"]) == 0
    assert main.main(["log", "export", "yesterday"]) == 2
    capsys.readouterr()
    assert main.main(["log", "key"]) == 0
    key.write_text(capsys.readouterr().out)
    assert main.main(["log", "verify", str(file), "--key", str(key)]) == 0
    assert "is as it was sealed" in capsys.readouterr().out
    file.write_text(file.read_text().replace("杯子", "盘子"))
    assert main.main(["log", "verify", str(file), "--key", str(key), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert main.main(["log", "verify", str(key)]) == 1
    assert Operation.objects.filter(action="log.exported", door="cli").count() == 1
