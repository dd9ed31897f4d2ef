"""`laidan user`: add, list and disable users, set passwords."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys

from django.utils import timezone

from laidan.domain.access import core, queries
from laidan.domain.access.roles import BUILT_IN
from laidan.interfaces.cli.output import add_json, done, print_rows, refuse
from laidan.kernel.ids import Mint
from laidan.usecases import grant_access


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="add a user", description="Add a user.")
    add.add_argument("username")
    add.add_argument("--name", default="", help="the person's name")
    add.add_argument("--email", default="")
    add.add_argument("--rights", nargs="+", metavar="RIGHT", help=" ".join(core.SCOPES))
    add.add_argument(
        "--roles", nargs="+", default=[], metavar="ROLE",
        help=f"{' '.join(BUILT_IN)}, or a role of your own (without rights and roles: everything)",
    )  # fmt: skip
    _add_password(add)
    listed = acts.add_parser("list", help="list users", description="List users.")
    add_json(listed)
    disable = acts.add_parser(
        "disable",
        help="shut a user out",
        description="Shut a user out; sessions and keys end at once.",
    )
    disable.add_argument("username")
    password = acts.add_parser(
        "password", help="set a password", description="Set a user's password; sessions end."
    )
    password.add_argument("username")
    _add_password(password)


def _add_password(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "The password is asked for, or read from the standard input's first line."
    parser.add_argument(
        "--generate", action="store_true", help="make a password up and print it once"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    return {"add": _add, "list": _list, "disable": _disable, "password": _password}[args.act](args)


def _add(args: argparse.Namespace) -> int:
    now = timezone.now()
    password = _read_password(args)
    rights = args.rights or ([] if args.roles else [core.EVERYTHING])
    request = grant_access.NewUser(
        args.username, password, tuple(rights), args.name, args.email, tuple(args.roles)
    )
    done(grant_access.add_user(request, now=now, mint=Mint(now, secrets.token_bytes)))
    print(f"Added {args.username}.")
    return 0


def _list(args: argparse.Namespace) -> int:
    rows = [
        {
            "username": user.username,
            "name": user.name,
            "email": user.email,
            "rights": list(user.rights),
            "roles": list(user.roles),
            "active": user.is_active,
            "last_login": user.last_login,
            "created_at": user.created_at,
        }
        for user in queries.list_users()
    ]
    columns = ("username", "name", "roles", "rights", "active", "last_login", "created_at")
    print_rows(rows, columns, as_json=args.json)
    return 0


def _disable(args: argparse.Namespace) -> int:
    done(grant_access.disable_user(args.username, now=timezone.now()))
    print(f"Disabled {args.username}; sessions and keys have ended.")
    return 0


def _password(args: argparse.Namespace) -> int:
    password = _read_password(args)
    done(grant_access.set_password(args.username, password, now=timezone.now()))
    print(f"The password of {args.username} was set.")
    return 0


def _read_password(args: argparse.Namespace) -> str:
    if args.generate:
        made = core.readable_secret(secrets.token_bytes)
        print(f"Password: {made} (shown once)")
        return made
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        return given or refuse("no password on the standard input; or give --generate", 2)
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        refuse("the two differ; nothing was changed")
    return first
