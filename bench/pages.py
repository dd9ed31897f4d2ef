"""Measure the pages on a filled database: `python -m bench.pages`.

The database is that of LAIDAN_DATABASE_URL (see bench.million). Somebody signs in inside this process
and asks for every page, where it shows a record for many of them. Beside the time stands what it took
of a processor, here and in the database, which stays comparable when other programs use the machine,
and the most statements that one answer needed.
"""

import argparse
import gc
import logging
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import django

from bench.read_questions import Sample, read_sample
from bench.reads import processor_meter, statements

TARGET_MS = 150.0
HTMX = {"HX-Request": "true"}
LISTS = (
    "stock", "stock/alerts", "products", "products/-/new", "prices", "prices/-/new", "customers",
    "customers/new", "files", "jobs", "imports", "exports", "orders/new", "orders/-/drafts", "log",
    "log/seals", "me", "me/password", "me/two-factor", "me/sessions", "me/keys", "settings",
    "settings/shops", "settings/shops/-/new", "settings/locations", "settings/locations/-/new",
    "settings/suppliers", "settings/suppliers/-/new", "settings/dictionary", "settings/sequences",
    "settings/sign-in", "settings/users", "settings/users/-/new", "settings/roles",
    "settings/roles/-/new", "settings/access/explain",
)  # fmt: skip
Asked = Callable[[random.Random], str]


class Figures(NamedTuple):
    """What a page took in milliseconds, its most statements, its bytes and its dearest address."""

    p50: float
    p95: float
    cpu_p50: float
    cpu_p95: float
    statements: int
    size: int
    dearest: str


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--passes", type=int, default=1, help="the best of so many p95 counts")
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--explain", type=int, default=0, help="show the statements of so many")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Ask for every page, print the times; 1 when a p95 of processor time is over the target."""
    chosen = parse(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    django.setup()
    browser = signed_in()
    found = {name: asked for name, asked in addresses(read_sample()).items() if chosen.only in name}
    # As the server does: what is loaded at the start is not looked at again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    used, taken = processor_meter(), {}
    print(f"{'milliseconds':<30}{'p50':>8}{'p95':>8}{'CPU p50':>9}{'CPU p95':>9} statements  bytes")
    for name, asked in found.items():
        passes = [measure(browser, chosen.rounds, asked, used) for _ in range(chosen.passes)]
        figures = min(passes, key=lambda one: one.cpu_p95)
        taken[name] = figures
        times = (
            f"{figures.p50:>8.1f}{figures.p95:>8.1f}{figures.cpu_p50:>9.1f}{figures.cpu_p95:>9.1f}"
        )
        print(f"{name:<30}{times}{figures.statements:>11}{figures.size:>7}", flush=True)
    over = [name for name, one in taken.items() if one.cpu_p95 > TARGET_MS]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    late = sum(one.p95 > TARGET_MS for one in taken.values())
    print(f"{len(taken)} pages; p95 over {TARGET_MS:.0f} ms: {late} by the clock, ", end="")
    print(f"{len(over)} by processor time; load {load}")
    for name in sorted(taken, key=lambda name: -taken[name].cpu_p95)[: chosen.explain]:
        explain(browser, name, taken[name].dearest)
    return 1 if over else 0


def signed_in() -> Any:
    """Return a browser in which a new user who may do everything has signed in."""
    from django.conf import settings
    from django.test import Client

    from laidan.kernel.ids import Mint
    from laidan.kernel.outcome import Refused
    from laidan.usecases import grant_access

    settings.ALLOWED_HOSTS = ["testserver"]
    # Contacts that were sealed under the keys of another data directory are shown as unreadable.
    logging.getLogger("laidan.insights").setLevel(logging.ERROR)
    now, password = datetime.now(UTC), secrets.token_urlsafe(24)
    wanted = grant_access.NewUser(f"bench-{now:%m%d%H%M%S}", password)
    added = grant_access.add_user(wanted, now=now, mint=Mint(now, os.urandom))
    if isinstance(added, Refused):
        raise SystemExit(f"no user: {added}")
    browser = Client(headers={"Accept-Encoding": "gzip", "Accept-Language": "en"})
    sent = browser.post("/sign-in", {"username": wanted.username, "password": password})
    if sent.status_code != 302:
        raise SystemExit(f"sign-in: {sent.status_code}")
    return browser


def addresses(sample: Sample) -> dict[str, Asked]:
    """Return every page by name, with the address for a random choice of what it shows."""
    found = {name: lambda _, name=name: f"/{name}" for name in LISTS}
    return dict(order_addresses(sample)) | found | dict(record_addresses(sample))


def order_addresses(sample: Sample) -> Iterator[tuple[str, Asked]]:
    """Yield the pages about orders."""
    yield "board", lambda _: "/"
    yield "board of a shop", lambda r: f"/?shop={r.choice(sample.shops)}"
    yield "list", lambda _: "/orders"
    yield "list late", lambda _: "/orders?late=true&sort=placed_at"
    yield "list of a state", lambda r: f"/orders?state={r.choice(('open', 'completed', 'closed'))}"
    yield "list by total", lambda _: "/orders?sort=-total"
    yield "list of a SKU", lambda r: f"/orders?sku={sample.popular(r)}"
    yield "list of a phone", lambda r: f"/orders?q={sample.phone(r)}"
    yield "list of a name", lambda r: f"/orders?q={r.choice(sample.customers)[1]}"
    yield "search a number", lambda r: f"/search?q={r.choice(sample.numbers)}"
    yield "suggest", lambda r: f"/search/suggest?q={r.choice(sample.numbers)[:8]}"
    yield "suggest a name", lambda r: f"/search/suggest?q={r.choice(sample.customers)[1][:2]}"
    yield "detail", lambda r: f"/orders/{r.choice(sample.numbers)}"
    yield "detail's menu", lambda r: f"/orders/{r.choice(sample.numbers)}/menu"
    yield "detail's notes", lambda r: f"/orders/{r.choice(sample.numbers)}/edit/notes"
    yield "slip", lambda r: f"/orders/{r.choice(sample.numbers)}/print"
    yield "find a SKU", lambda r: f"/orders/-/skus?q={sample.popular(r)[:4]}"
    yield "find a customer", lambda r: f"/orders/-/customers?q={r.choice(sample.customers)[1][:2]}"


def record_addresses(sample: Sample) -> Iterator[tuple[str, Asked]]:
    """Yield the pages of one record of master data each, and searches among them."""
    from laidan.domain.access.models import User
    from laidan.domain.audit.models import Operation
    from laidan.domain.catalog.models import Product
    from laidan.domain.parties.models import Customer
    from laidan.domain.stock.models import Location

    people = list(Customer.objects.order_by("id").values_list("id", flat=True)[:300])
    products = list(Product.objects.order_by("code").values_list("code", flat=True)[:300])
    places = list(Location.objects.order_by("code").values_list("code", flat=True))
    users = list(User.objects.order_by("username").values_list("username", flat=True)[:50])
    entries = list(Operation.objects.order_by("-id").values_list("id", flat=True)[:50])
    yield "customer", lambda r: f"/customers/{r.choice(people)}"
    yield "customer edit", lambda r: f"/customers/{r.choice(people)}/edit"
    yield "customers by name", lambda r: f"/customers?q={r.choice(sample.customers)[1]}"
    yield "customers by phone", lambda r: f"/customers?q={sample.phone(r)}"
    yield "product", lambda r: f"/products/{r.choice(products)}"
    yield "SKU", lambda r: f"/products/-/sku/{r.choice(sample.skus)}"
    yield "stock of a SKU", lambda r: f"/stock/sku/{r.choice(sample.skus)}"
    yield "stock search", lambda r: f"/stock?q={sample.popular(r)[:5]}"
    yield "stock receive", lambda _: "/stock/move/receive"
    yield "shop", lambda r: f"/settings/shops/{r.choice(sample.shops)}"
    yield "location", lambda r: f"/settings/locations/{r.choice(places)}"
    yield "user", lambda r: f"/settings/users/{r.choice(users)}"
    yield "role", lambda _: "/settings/roles/operator"
    yield "log entry", lambda r: f"/log/{r.choice(entries)}"
    yield (
        "explain",
        lambda r: f"/settings/access/explain?user={users[0]}&order={r.choice(sample.numbers)}",
    )


def measure(browser: Any, rounds: int, asked: Asked, used: Callable[[], float]) -> Figures:
    """Ask for one page many times, the first of them uncounted."""
    chance = random.Random(7)
    times: list[tuple[float, float, str]] = []
    most = size = 0
    for turn in range(rounds + 1):
        address = asked(chance)
        with statements() as ran:
            before, begun = used(), time.perf_counter()
            answer = browser.get(address, headers=HTMX if "?q=" in address else None)
            took = (time.perf_counter() - begun) * 1000
            worked = used() - before
        if answer.status_code not in {200, 204, 302}:
            raise SystemExit(f"{address}: {answer.status_code}")
        if turn:
            times.append((took, worked, address))
            most, size = max(most, len(ran)), max(size, len(answer.content))
    middle, high = len(times) // 2, int(len(times) * 0.95)
    by_time, by_cpu = sorted(one[0] for one in times), sorted(one[1] for one in times)
    dearest = max(times, key=lambda one: one[1])[2]
    return Figures(
        by_time[middle], by_time[high], by_cpu[middle], by_cpu[high], most, size, dearest
    )


def explain(browser: Any, name: str, address: str) -> None:
    """Print the statements of a page."""
    with statements() as ran:
        browser.get(address)
    print(f"\n{name}, {address}:")
    for seconds, sql, _ in ran:
        print(f"  {seconds * 1000:8.2f} ms  {' '.join(sql.split())[:200]}")


if __name__ == "__main__":
    sys.exit(main())
