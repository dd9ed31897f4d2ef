"""Measure how fast callbacks of a provider are taken: `python -m bench.callbacks`.

Signed notifications of Alipay (RSA2), each another event, arrive over HTTP on many connections. Beside the rate it prints
the processor time of the server for each and its ratio to the bare check of a signature.
"""

import argparse
import asyncio
import base64
import subprocess
import sys
import time
from os import environ
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from laidan.interfaces.cli.benchmark.measure import database_pid
from laidan.interfaces.cli.benchmark.meters import Meter
from laidan.interfaces.cli.benchmark.scratch import (
    ENGINES,
    Installation,
    InstallationFault,
    new_installation,
    scratch_database,
    server_of,
)
from laidan.interfaces.cli.benchmark.server import HOST

MAKE_ACCOUNT = """
import os, sys
from datetime import UTC, datetime
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
import django
django.setup()
from laidan.domain.payments import accounts
from laidan.domain.payments.accounts import AccountRow
from laidan.engine.sealing import keyring
from laidan.kernel.ids import Mint
now = datetime.now(UTC)
id_ = Mint(now, os.urandom).new()
secrets = {"private_key": sys.stdin.readline().replace("|", "\\n"), "alipay_public_key": sys.stdin.readline().replace("|", "\\n")}
accounts.write_accounts([AccountRow(id_, "bench", "alipay", "Bench", (), {"app_id": "2021"},
    accounts.sealed_secrets(id_, secrets, keyring()), True, 0, 1, None, "", now, now)], [])
"""
FIELDS = {
    "notify_type": "trade_status_sync", "notify_time": "2026-11-23 10:00:00", "sign_type": "RSA2",
    "app_id": "2021", "trade_status": "TRADE_SUCCESS", "total_amount": "64.50", "version": "1.0",
    "gmt_payment": "2026-11-23 09:59:58", "charset": "utf-8", "subject": "Order",
}  # fmt: skip


def signed(key: rsa.RSAPrivateKey, place: int, run: str) -> bytes:
    """Return one notification as it travels."""
    values = FIELDS | {
        "notify_id": f"{run}-{place}", "out_trade_no": f"{run}{place}", "trade_no": f"{run}T{place}"
    }  # fmt: skip
    message = "&".join(f"{k}={v}" for k, v in sorted(values.items()) if k != "sign_type").encode()
    sign = base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
    return urlencode(values | {"sign": sign}).encode()


async def send(port: int, bodies: list[bytes], connections: int) -> int:
    """Send every body once; return how many were taken."""
    waiting, taken = iter(bodies), 0

    async def one() -> None:
        nonlocal taken
        reader, writer = await asyncio.open_connection(HOST, port)
        for body in waiting:
            writer.write(
                b"POST /callbacks/bench HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            answer = await reader.readexactly(length)
            taken += head.startswith(b"HTTP/1.1 200") and answer == b"success"
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return taken


def bare_micros(key: rsa.RSAPrivateKey) -> float:
    """Return the processor time of the bare check of one signature, in microseconds."""
    message, public, times = b"x" * 300, key.public_key(), 5000
    sign = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    began = time.process_time()
    for _ in range(times):
        public.verify(sign, message, padding.PKCS1v15(), hashes.SHA256())
    return (time.process_time() - began) / times * 1e6


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.callbacks", description=__doc__.split("\n")[0])
    parser.add_argument("--engine", choices=ENGINES, default="postgres")
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--mark", type=int, default=1000, help="callbacks a second")
    return parser.parse_args()


def make_account(place: Installation, private: str, public: str) -> None:
    """Keep an account whose notifications the key signs."""
    done = subprocess.run(
        [sys.executable, "-c", MAKE_ACCOUNT],
        env=environ | place.environment, text=True, check=False, capture_output=True,
        input="\n".join(one.replace("\n", "|") for one in (private, public)) + "\n",
    )  # fmt: skip
    if done.returncode:
        raise InstallationFault(done.stderr)


def main() -> int:
    """Run the benchmark; 1 where a callback was not taken or the mark is missed."""
    chosen = parse()
    key = rsa.generate_private_key(65537, 2048)
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    private = key.private_bytes(*pem, serialization.NoEncryption()).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip
    run = f"{time.time_ns():x}"
    print(f"signing {chosen.count} notifications …")
    bodies = [signed(key, place, run) for place in range(chosen.count)]
    with (
        scratch_database(
            chosen.engine, server_of(chosen.engine, None) if chosen.engine != "sqlite" else ""
        ) as url,
        new_installation(url) as place,
    ):
        make_account(place, private, public)
        with place.server() as server:
            warm = chosen.count // 10
            asyncio.run(send(server.port, bodies[:warm], chosen.connections))
            roots = {"server": server.pid}
            database = database_pid(place.url)
            if database is not None:
                roots["database"] = database
            rest = bodies[warm:]
            began = time.perf_counter()
            with Meter(roots) as meter:
                taken = asyncio.run(send(server.port, rest, chosen.connections))
            seconds = time.perf_counter() - began
    rate, bare = taken / seconds, bare_micros(key)
    each = {name: meter.spent.micros_each(name, taken) for name in roots}
    print(f"{taken} of {len(rest)} taken in {seconds:.2f} s: {rate:.0f} a second, {chosen.connections} connections")  # fmt: skip
    for name, micros in each.items():
        if micros is not None:
            print(f"{name}: {micros:.0f} us of processor time each, {micros / bare:.1f} x the bare check")  # fmt: skip
    print(f"bare check of a signature: {bare:.1f} us; other programs used {meter.spent.cores_elsewhere:.2f} cores")  # fmt: skip
    return 0 if taken == len(rest) and rate >= chosen.mark else 1


if __name__ == "__main__":
    raise SystemExit(main())
