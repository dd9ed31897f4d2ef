"""`laidan serve`: the pages, the API and the worker in one process, or in several."""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import signal
import socket
import sys
from dataclasses import dataclass

from django.conf import settings

from laidan.config import children
from laidan.config import environment as env
from laidan.engine import schema
from laidan.engine.models import Setting
from laidan.interfaces.cli.output import refuse, say, warn
from laidan.interfaces.messages import commands
from laidan.interfaces.worker import crew
from laidan.interfaces.worker.loop import start

DEMO = "demo"
"""The setting that marks an installation as a demo."""
_BACKLOG = 1024
_POLL_SECONDS = 0.02
_WORKER_SECONDS = 10.0
_PROCESSES_MAX = 64


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: the host as it was given, its IP address, the port."""

    host: str
    ip: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        """The address family of the IP address."""
        return socket.AF_INET6 if ":" in self.ip else socket.AF_INET

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument(
        "--port", type=int, default=env.text("PORT", "8000"), help="default: PORT, or 8000"
    )
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="processes (default: %(default)s)"
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="no worker here; run `laidan worker` beside it"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl+C."""
    if not 1 <= args.processes <= _PROCESSES_MAX:
        refuse(f"--processes: 1 to {_PROCESSES_MAX}", 2)
    if args.processes > 1 and sys.platform != "linux":
        refuse("--processes: several processes can share a port on Linux only", 2)
    address = _resolved(args.host, args.port)
    if schema.pending_migrations():
        refuse("the database is not up to date; run: laidan init")
    _refuse_strangers(address)
    _refuse_taken_port(address)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    # Loaded before the fork: children then share the memory, and tell at once what is broken.
    from laidan.config.asgi import application

    # What is loaded now stays: the collector need not look at it again, and what an order makes is
    # freed by counting. Collecting as often as by default costs a tenth of the throughput.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.001)

    def serve_here() -> int:
        return asyncio.run(_serve(application, address, with_worker=not args.no_worker))

    if args.processes == 1:
        return serve_here()
    return children.supervise(args.processes, serve_here, lambda: _announced(address))


def _resolved(host: str, port: int) -> Address:
    if not 0 < port < 65536:
        refuse("--port: 1 to 65535", 2)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        refuse(f"--host: {host!r} is no address of this machine", 2)
    return Address(host, str(found[0][4][0]), port)


def _refuse_strangers(address: Address) -> None:
    """Let other machines in only with secrets that were chosen for it."""
    if settings.LAIDAN_OWN_SECRETS or ipaddress.ip_address(address.ip).is_loopback:
        return
    if Setting.objects.filter(name=DEMO).exists():
        warn("This is a demo: its secrets are those of this machine.")
        return
    refuse(
        f"serving {address.host} to other machines needs secrets of your own; set "
        'LAIDAN_SECRET_KEY to what python3 -c "import secrets; print(secrets.token_urlsafe(50))" '
        'prints, and LAIDAN_ENCRYPTION_KEYS to what python3 -c "import base64, secrets; '
        "print('k1:' + base64.b64encode(secrets.token_bytes(32)).decode())\" prints"
    )


def _refuse_taken_port(address: Address) -> None:
    """Ask for the port alone: the servers themselves share it, with strangers too."""
    with socket.socket(address.family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.ip, address.port))
        except OSError as error:
            refuse(
                f"cannot listen on {address.host} port {address.port}: {error.strerror}; "
                "choose another with --port or PORT"
            )


async def _serve(application: object, address: Address, *, with_worker: bool) -> int:
    """Serve in this process until a signal; what was begun is answered before it ends."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    server = Server(
        application,
        address=address.ip,
        port=address.port,
        interface=Interfaces.ASGINL,
        backlog=_BACKLOG,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    if children.is_child():
        watch = loop.create_task(children.watch_parent(server.stop))
    else:
        watch = loop.create_task(_announce_when_ready(address))
    workers = crew.all_workers(commands.command_tasks()) if with_worker else []
    threads = [start(worker) for worker in workers]
    await server.serve()
    watch.cancel()
    for worker in workers:
        worker.stop.set()
    for thread in threads:
        await asyncio.to_thread(thread.join, _WORKER_SECONDS)
    if workers:
        await asyncio.to_thread(crew.leave)
        await asyncio.to_thread(commands.leave)
    # A server that ended by itself has failed.
    return 0 if server.interrupt_signal else 1


async def _announce_when_ready(address: Address) -> None:
    while not _announced(address):
        await asyncio.sleep(_POLL_SECONDS)


def _announced(address: Address) -> bool:
    """Print the one line that says where Laidan is, once it answers there."""
    with socket.socket(address.family) as probe:
        probe.settimeout(_POLL_SECONDS)
        if probe.connect_ex((address.ip, address.port)) != 0:
            return False
    say(f"Laidan is ready: {address.url} (Ctrl+C stops it)")
    return True
