"""`laidan init`: prepare an empty installation, without questions."""

from __future__ import annotations

import argparse
import secrets
import sys

from django.conf import settings
from django.utils import timezone

from laidan.interfaces.cli.output import add_json, print_json, refuse
from laidan.kernel.ids import Mint
from laidan.usecases.open_installation import ADMIN, Opened, Wishes, open_installation

_SHORT_KEY = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Running it again changes nothing. LAIDAN_ADMIN_PASSWORD and LAIDAN_DEMO_KEY set the "
        "administrator's password and the first API key; otherwise both are made up and printed "
        "once."
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Make whatever is missing."""
    opened = initialise()
    if args.json:
        print_json(
            {
                "migrations": len(opened.migrations),
                "order_types": opened.order_types,
                "shop": opened.shop,
                "location": opened.location,
                "password": opened.password,
                "key": opened.key,
            }
        )
    else:
        report(opened)
    return 0


def initialise() -> Opened:
    """Open the installation that the environment describes."""
    now = timezone.now()
    wishes = Wishes(
        time_zone=settings.TIME_ZONE,
        password=settings.LAIDAN_ADMIN_PASSWORD,
        key=settings.LAIDAN_DEMO_KEY,
    )
    mint = Mint(now, secrets.token_bytes)
    try:
        return open_installation(wishes, now=now, mint=mint, entropy=secrets.token_bytes)
    except ValueError as error:
        refuse(str(error), 2)


def report(opened: Opened) -> None:
    """Say what was made, with the secrets: they are kept nowhere."""
    if opened == Opened():
        print("Everything is there already; nothing was changed.")
        return
    if opened.migrations:
        print(f"Tables: {len(opened.migrations)} migrations applied.")
    if opened.order_types:
        print(f"Order types: {', '.join(opened.order_types)}.")
    if opened.shop:
        print("Shop: main, served by the location main." if opened.location else "Shop: main.")
    if opened.password is not None:
        print(f"Administrator: {ADMIN}, password: {opened.password} (shown once)")
    if opened.key is not None:
        print(f"API key: {opened.key} (shown once)")
        if len(opened.key) < _SHORT_KEY:
            print("The key in LAIDAN_DEMO_KEY is short enough to be guessed.", file=sys.stderr)
