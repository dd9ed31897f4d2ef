"""`laidan backup`: write the database to a file while it is in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings

from laidan.engine import schema
from laidan.engine.backups import write_backup
from laidan.engine.dumps import BackupFault
from laidan.interfaces.cli.output import refuse, warn


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The file appears whole or not at all. Sealed data in it can be read only with the "
        "encryption keys (LAIDAN_ENCRYPTION_KEYS, or secrets.json in the data directory): keep "
        "them in another place."
    )
    parser.add_argument("file", type=Path)


def run(args: argparse.Namespace) -> int:
    """Write the backup."""
    if schema.is_empty():
        refuse("the database is empty; there is nothing to back up")
    try:
        size = write_backup(args.file)
    except BackupFault as fault:
        refuse(str(fault))
    print(f"Written {args.file} ({size / 1e6:,.1f} MB).")
    if not settings.LAIDAN_OWN_SECRETS:
        warn(f"Keep a copy of {settings.LAIDAN_DATA_DIR / 'secrets.json'} too, elsewhere.")
    return 0
