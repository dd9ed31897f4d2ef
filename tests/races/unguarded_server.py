"""Starts Laidan's server with the guards against overselling taken out; the control of the races.

python unguarded_server.py constraint   drop the check constraint from the database, serve not
python unguarded_server.py decision     serve; whatever is asked for is claimed
python unguarded_server.py lock         serve; decide rightly, but neither lock the balances nor
                                        notice that somebody else has changed them
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import django


def drop_constraint() -> None:
    """Let the database keep a balance of which more is promised than is there."""
    from django.db import connection

    from laidan.domain.stock.models import Balance

    kept = Balance._meta.constraints
    [check] = [one for one in kept if one.name == "balance_never_oversold"]
    # SQLite's table is made anew, with what the model still names.
    Balance._meta.constraints = [one for one in kept if one is not check]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Balance, check)


def drop_decision() -> None:
    """Let every demand be served by the first balance, however little it has."""
    from laidan.domain.stock import core

    def claim_blindly(
        self: core.Shelf, demands: Sequence[core.Demand], location: str
    ) -> list[core.Claim]:
        claims = []
        for demand in demands:
            balance = self.at(demand.sku_id, location)[0]
            balance.reserved += demand.quantity
            claims.append(core.Claim(demand, balance, demand.quantity))
        return claims

    core.Shelf._at_one_place = claim_blindly  # type: ignore[method-assign]  # the point of it


def drop_lock() -> None:
    """Read balances without locks, and overwrite whatever is there."""
    from laidan.domain.stock import core, store
    from laidan.domain.stock.models import Balance
    from laidan.engine import bulk_sql

    def unlocked_query(*keys: Any, lock: bool) -> bulk_sql.Query[list[core.Balance]]:
        del lock
        return guarded_query(*keys, lock=False)

    def overwrite(shelf: core.Shelf) -> None:
        changes = [(one.id, one.on_hand, one.reserved) for one in shelf.changed()]
        bulk_sql.update_rows(Balance, ("id",), ("on_hand", "reserved"), changes)
        # What is left for the guarded writer are the balances that are new.
        added = core.Shelf([])
        added.added = shelf.added
        guarded_write(added)

    guarded_query, guarded_write = store.balances_query, store.write_balances
    store.balances_query, store.write_balances = unlocked_query, overwrite


def main() -> int:
    """Take out the guard that the first argument names, and serve."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    django.setup()
    guard = sys.argv[1]
    {"constraint": drop_constraint, "decision": drop_decision, "lock": drop_lock}[guard]()
    if guard == "constraint":
        return 0
    from laidan.interfaces.cli.main import main as laidan

    return laidan(["serve"])


if __name__ == "__main__":
    sys.exit(main())
