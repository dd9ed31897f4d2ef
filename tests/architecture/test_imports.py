"""The arrows of the house: import-linter's contracts in pyproject.toml all hold."""

from importlinter.cli import lint_imports

from architecture.sources import ROOT


def test_every_contract_is_kept(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0
