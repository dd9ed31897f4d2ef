"""A chat's robot and a mail server over real sockets, which answer as they are told."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OK = {"errcode": 0, "errmsg": "ok", "code": 0}


class FakeRobot(ThreadingHTTPServer):
    """Answers each message with the next of `answers` (a document, "close", "half"), else OK."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answers: list[Any] = []
        self.got: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/robot?key=1"


class _Talk(BaseHTTPRequestHandler):
    server: FakeRobot

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body) | {"path": self.path})
        answer = self.server.answers.pop(0) if self.server.answers else OK
        if answer == "close":
            self.close_connection = True
            self.connection.close()
            return
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text) * (2 if answer == "half" else 1)))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class FakeSmtp(socketserver.ThreadingTCPServer):
    """Takes mail; `mode` is accept, refuse (the recipients), busy, or close (in the middle)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.mode = "accept"
        self.got: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Dialogue(socketserver.StreamRequestHandler):
    server: FakeSmtp

    def handle(self) -> None:
        self.say("220 fake")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                if self.server.mode == "close":
                    return
                self.server.got.append(self.data())
                self.say("250 taken")
            elif verb == "RCPT" and self.server.mode == "refuse":
                self.say("550 nobody here")
            elif verb == "MAIL" and self.server.mode == "busy":
                self.say("451 later")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line)
        return "".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """Let a server answer in a thread."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
