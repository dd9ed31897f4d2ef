"""Throw rubbish at the API: schemathesis on the OpenAPI document of a server with the demo shop.

Nothing may answer 500, answers keep to the document, and `laidan check` is clean afterwards.
Names of things that are there go among the rubbish, so that it does not all end at the first
check. Further words go to schemathesis: `python scripts/fuzz.py --max-time 600`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from laidan.interfaces.cli.benchmark import scratch
from laidan.interfaces.cli.benchmark.client import Client
from laidan.interfaces.cli.benchmark.server import HOST

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
SECONDS = 120
WORDS = {
    "transitions": [
        "pay", "approve", "reject", "hold", "release", "ship", "deliver", "confirm_receipt",
        "cancel", "revive", "refund",
    ],
    "shops": ["main", "tmall"],
    "types": ["retail", "virtual", "custom"],
    "locations": ["main", "shanghai", "guangzhou"],
    "currencies": ["CNY"],
    "amounts": ["0.00", "0.01", "8.00", "64.00", "999999.99"],
    "quantities": [1, 2, 7],
}  # fmt: skip
# Where each list of words is put, now and then.
PLACES = {
    "orders": ["path.order", "body.ids[*]"],
    "transitions": ["path.name"],
    "skus": ["path.code", "body.lines[*].sku", "body.orders[*].lines[*].sku", "body.movements[*].sku"],
    "shops": ["body.shop", "body.orders[*].shop"],
    "types": ["body.type", "body.orders[*].type"],
    "locations": ["body.movements[*].location", "body.movements[*].to"],
    "currencies": ["body.currency", "body.orders[*].currency"],
    "amounts": [
        f"{order}{name}"
        for order in ("body.", "body.orders[*].")
        for name in ("discount", "shipping_fee", "lines[*].unit_price", "lines[*].discount",
                     "lines[*].tax")
    ],
    "quantities": [
        "body.lines[*].quantity", "body.orders[*].lines[*].quantity", "body.movements[*].quantity",
    ],
}  # fmt: skip
SHARE = 0.85
# Lists whose next page's cursor goes among the rubbish: no other cursor gets past the first check.
LISTS = {
    "/orders": ["sort=placed_at", "sort=-placed_at", "sort=updated_at", "sort=-updated_at",
                "sort=total", "sort=-total"],
    "/stock": [""],
    "/stock/movements": [""],
    "/products": [""],
}  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Run schemathesis against a server of its own; exit with its code."""
    with (
        scratch.scratch_database("sqlite") as url,
        scratch.new_installation(url) as installation,
    ):
        installation.must_run("demo")
        with installation.server() as server, tempfile.TemporaryDirectory() as directory:
            config = Path(directory) / "schemathesis.toml"
            config.write_text(_config(server.port, installation.key))
            code = _fuzz(server.port, installation.key, config, words)
        print(installation.must_run("check"))
    return code


def _config(port: int, key: str) -> str:
    """The configuration that tells schemathesis which names there are; JSON's lists are TOML's."""
    client = Client(HOST, port, key)
    orders = client.get("/orders?limit=200").body["items"]
    skus = client.get("/stock?limit=200").body["items"]
    cursors = {
        path: [client.get(f"{path}?limit=1&{asked}").body["next_cursor"] for asked in questions]
        for path, questions in LISTS.items()
    }
    client.close()
    words = WORDS | {
        "orders": [order["id"] for order in orders] + [order["order_no"] for order in orders[:20]],
        "skus": sorted({balance["sku"] for balance in skus}),
    }
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(words[name])}" for name in PLACES]
    lines.append("[parameters]")
    lines += [
        f'"{place}" = {{ dictionary = "{name}", probability = {SHARE} }}'
        for name, places in PLACES.items()
        for place in places
    ]
    for path, known in cursors.items():
        name = f"cursors{path.replace('/', '-')}"
        bound = f'{{ "query.cursor" = {{ dictionary = "{name}", probability = {SHARE} }} }}'
        lines.append(f"[dictionaries.{name}]\nvalues = {json.dumps(known)}")
        lines.append(f'[[operations]]\ninclude-path = "/api/v1{path}"\nparameters = {bound}')
    return "\n".join(lines)


def _fuzz(port: int, key: str, config: Path, words: Sequence[str]) -> int:
    command = [
        str(SCHEMATHESIS),
        f"--config-file={config}",
        "run",
        f"http://127.0.0.1:{port}/api/v1/openapi.json",
        f"--header=Authorization: Bearer {key}",
        f"--checks={','.join(CHECKS)}",
        f"--max-time={SECONDS}",
        "--phases=examples,coverage,fuzzing",
        "--generation-database=none",
        "--no-color",
        "--seed=1",
        *words,
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
