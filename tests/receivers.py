"""A receiver of webhooks for tests: answers as it is told, checks signatures, remembers."""

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, bytes] | str
"""A status and a body, or what the receiver does instead: close, cut, late."""


class Receiver:
    """Listens on this machine; `answer` decides by number of the request and its event."""

    def __init__(self, answer: Callable[[int, dict[str, Any]], Answer] | None = None) -> None:
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.raw: list[bytes] = []
        self.taken: list[dict[str, Any]] = []
        self.late_seconds = 1.5
        self.answer = answer or (lambda number, event: (200, b"ok"))
        self._lock = threading.Lock()
        outer = self

        class _Requests(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._receive(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?x=1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _receive(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers["content-length"]))
        event = json.loads(raw)
        with self._lock:
            number = len(self.got)
            self.got.append(event)
            self.raw.append(raw)
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
        told = self.answer(number, event)
        request.close_connection = True
        if told == "close":
            return
        if told == "late":
            time.sleep(self.late_seconds)
            told = (200, b"late")
        if told == "cut":
            told, length = (200, b"half"), 100
        else:
            length = len(told[1])
        with contextlib.suppress(OSError):
            request.send_response(told[0])
            request.send_header("content-length", str(length))
            request.end_headers()
            request.wfile.write(told[1])
            if length == len(told[1]) and 200 <= told[0] < 300:
                with self._lock:
                    self.taken.append(event)

    def signatures(self, number: int, secret: str) -> list[bool]:
        """Say of each signature of a request whether it is that of a secret."""
        headers, raw = self.headers[number], self.raw[number]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
        right = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        return [one == right for one in headers["webhook-signature"].split(" ")]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
