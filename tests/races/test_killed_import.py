"""An import of the browser goes on after its worker was killed, and nothing of it comes twice."""

import http.cookiejar
import re
import time
import urllib.parse
import urllib.request

import pytest

from laidan.interfaces.cli.benchmark.scratch import Installation, new_installation
from races.databases import own_database, rows
from races.tools import assert_clean

pytestmark = [pytest.mark.races, pytest.mark.slow]
ORDERS = 6_000
KILLS = 3
PATIENCE_SECONDS = 240.0
PASSWORD = "a-password-for-tests-only"
HEADER = "订单编号,总金额,买家实际支付金额,收货地址,订单创建时间,订单付款时间,退款金额"
STATE = "SELECT state, done, refused FROM job"


class Browser:
    """Somebody who is signed in, without a browser."""

    def __init__(self, address: str) -> None:
        self._address = address
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, path: str) -> str:
        with self._opener.open(f"{self._address}{path}") as answer:
            return str(answer.read().decode())

    def post(self, path: str, form: dict[str, str], file: bytes = b"", page: str = "") -> str:
        """Send a form with the token of a page; return where that led."""
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.get(page or path))
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], **form}
        parts = [
            f'--mark\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in form.items()
        ]
        if file:
            head = 'Content-Disposition: form-data; name="file"; filename="orders.csv"'
            parts.insert(1, f"--mark\r\n{head}\r\n\r\n".encode() + file + b"\r\n")
        request = urllib.request.Request(
            f"{self._address}{path}",
            b"".join(parts) + b"--mark--\r\n",
            {"Content-Type": "multipart/form-data; boundary=mark"},
        )
        with self._opener.open(request) as answer:
            return urllib.parse.urlsplit(answer.geturl()).path


def _file() -> bytes:
    """Return a report of paid orders, of which every hundredth cannot be read."""
    lines = [HEADER]
    for at in range(ORDERS):
        day = "yesterday" if at % 100 == 99 else "2020-02-21 00:00:00"
        lines.append(f"R-{at},100,100,浙江,{day},2020-02-21 00:01:00,0")
    return "\n".join([*lines, ""]).encode("gb18030")


def _done(place: Installation) -> tuple[str, int, int]:
    ((state, done, refused),) = rows(place.url, STATE)
    return str(state), int(done), int(refused)


def _begin(address: str) -> None:
    browser = Browser(address)
    browser.post("/sign-in", {"username": "admin", "password": PASSWORD})
    draft = browser.post("/imports", {"kind": "orders", "whole": "1"}, _file())
    chosen = {"source": "tmall", "shown": "tmall", "shop": "main", "history": "1"}
    job = browser.post(draft, {**chosen, "create_missing": "1", "do": "run"})
    assert job.startswith("/jobs/")


def test_killing_the_worker_of_an_import(engine_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine_name != "sqlite":
        pytest.skip("the leases and fences are tried on every engine; the killing on one")
    monkeypatch.setenv("LAIDAN_ADMIN_PASSWORD", PASSWORD)
    with (
        own_database(engine_name) as url,
        new_installation(url) as place,
        place.server() as server,
    ):
        _begin(f"http://127.0.0.1:{server.port}")
        deadline = time.monotonic() + PATIENCE_SECONDS
        killed_at = [ORDERS * (turn + 1) // (KILLS + 2) for turn in range(KILLS)]
        while (seen := _done(place))[0] != "done":
            assert time.monotonic() < deadline, seen
            assert seen[0] in ("queued", "running"), seen
            if killed_at and seen[1] >= killed_at[0]:
                del killed_at[0]
                server.kill()
                server.start()
            time.sleep(0.02)
        assert killed_at == []
        assert seen == ("done", ORDERS, ORDERS // 100)
        [(count, distinct)] = rows(
            place.url, "SELECT count(*), count(DISTINCT external_no) FROM sales_order"
        )
        assert (count, distinct) == (ORDERS - ORDERS // 100,) * 2
        assert_clean(place)
