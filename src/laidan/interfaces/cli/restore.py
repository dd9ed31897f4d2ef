"""`laidan restore`: replace the database by a backup, bring it up to date, check it."""

from __future__ import annotations

import argparse
from pathlib import Path

from laidan.domain.orders.models import Order
from laidan.engine import epochs, schema, unit
from laidan.engine.backups import read_backup
from laidan.engine.dumps import BackupFault
from laidan.engine.models import Epoch
from laidan.engine.sealing import SealError, keyring
from laidan.interfaces.cli import check
from laidan.interfaces.cli.output import refuse, warn


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "Stop the server before. It ends with `laidan check` and exits as that does."
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--force", action="store_true", help="replace what is in the database now: it is lost"
    )


def run(args: argparse.Namespace) -> int:
    """Read the backup."""
    if not args.file.is_file():
        refuse(f"there is no file {args.file}", 2)
    if not args.force and not schema.is_empty():
        refuse("the database is not empty; with --force everything in it is replaced")
    try:
        read_backup(args.file)
    except BackupFault as fault:
        refuse(str(fault))
    print(f"Restored {args.file}.")
    with schema.alone():
        migrations = schema.migrate()
    if migrations:
        print(f"Tables: {len(migrations)} migrations applied.")
    # A process that has kept reference data of before must not believe it any more.
    unit.run_once(_begin_new_epochs)
    if not _keys_fit():
        warn("The encryption keys are others than the backup's: its sealed data cannot be read.")
    return check.run(argparse.Namespace(fast=False, quiet=True, json=False))


def _keys_fit() -> bool:
    """Say whether the installation's keys open what is sealed in the backup."""
    sealed = Order.objects.exclude(contact_sealed=None).order_by("-id")
    row = sealed.values_list("pk", "contact_sealed").first()
    if row is None or row[1] is None:
        return True
    try:
        keyring().unseal(row[1], row[0])
    except SealError:
        return False
    return True


def _begin_new_epochs() -> None:
    for epoch in Epoch.objects.all():
        epochs.bump(epoch.name)
