"""`laidan key`: add, list and revoke API keys."""

from __future__ import annotations

import argparse
import re
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from laidan.domain.access import core, queries
from laidan.interfaces.cli.output import add_json, done, print_json, print_rows, refuse
from laidan.kernel.ids import Mint
from laidan.usecases import grant_access
from laidan.usecases.open_installation import ADMIN

_SPAN = re.compile(r"(\d{1,5})([hdw])\Z")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="add a key", description="Add a key and print it once.")
    add.add_argument("name", help="what the key is known by")
    add.add_argument("--user", default=ADMIN, help="whose key it is (default: %(default)s)")
    add.add_argument(
        "--scopes", nargs="+", default=["*"], metavar="SCOPE", help=" ".join(core.SCOPES)
    )
    add.add_argument("--expires", metavar="SPAN", help="such as 12h, 90d, 52w (default: never)")
    add_json(add)
    listed = acts.add_parser("list", help="list keys", description="List keys.")
    listed.add_argument("--all", action="store_true", help="the revoked ones too")
    add_json(listed)
    revoke = acts.add_parser(
        "revoke", help="revoke a key", description="Revoke a key; it opens nothing from now on."
    )
    revoke.add_argument("key", help="its name, prefix or id")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    return {"add": _add, "list": _list, "revoke": _revoke}[args.act](args)


def _add(args: argparse.Namespace) -> int:
    now = timezone.now()
    request = grant_access.NewKey(
        args.user, args.name, tuple(args.scopes), _expiry(args.expires, now=now)
    )
    token = core.new_token(secrets.token_bytes(core.ENTROPY_BYTES))
    mint = Mint(now, secrets.token_bytes)
    done(grant_access.add_key(request, token, now=now, mint=mint))
    if args.json:
        print_json({"name": args.name, "prefix": token.prefix, "key": token.text})
    else:
        print(f"API key: {token.text} (shown once)")
    return 0


def _list(args: argparse.Namespace) -> int:
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "prefix": key.prefix,
            "user": key.username,
            "scopes": list(key.scopes),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
            "last_used_at": key.last_used_at,
        }
        for key in queries.list_keys()
        if args.all or key.revoked_at is None
    ]
    columns = ("name", "prefix", "user", "scopes", "created_at", "expires_at", "last_used_at")
    print_rows(rows, (*columns, "revoked_at") if args.all else columns, as_json=args.json)
    return 0


def _revoke(args: argparse.Namespace) -> int:
    done(grant_access.revoke_key(args.key, now=timezone.now()))
    print("Revoked.")
    return 0


def _expiry(span: str | None, *, now: datetime) -> datetime | None:
    if span is None:
        return None
    match = _SPAN.match(span)
    if match is None:
        refuse("--expires: expected a span such as 12h, 90d or 52w", 2)
    return now + timedelta(**{_UNITS[match[2]]: int(match[1])})
