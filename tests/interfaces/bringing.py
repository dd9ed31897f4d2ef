"""Somebody who brings a file through the pages, and a worker that does what is due."""

import csv
import html
import io
import re
from datetime import UTC, datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from interfaces.browsing import words
from laidan.domain.jobs.models import Job
from laidan.interfaces.worker.jobs import Runner

HEADER = "订单编号,下单时间,收货人,手机,商家编码,商品名称,数量,单价,备注"
ROWS = [
    "A-1,2026-11-20 10:00:00,王小明,13800138000,TEE-RED-M,T恤,2,64.00,<script>alert(1)</script>",
    "A-2,2026-11-20 11:00:00,李雷,13800138001,NOPE,不存在,1,10.00,=1+1",
    "A-3,昨天,韩梅梅,13800138002,TEE-RED-M,T恤,1,64.00,",
    "A-4,2026-11-20 12:00:00,韩梅梅,13800138002,TEE-RED-M,T恤,1,64.00,",
]
TMALL = "订单编号,总金额,买家实际支付金额,收货地址,订单创建时间,订单付款时间,退款金额"


def upload(visitor: Client, content: bytes, name: str = "orders.csv", kind: str = "orders", **more):
    form = {"kind": kind, "file": SimpleUploadedFile(name, content), "whole": "1"} | more
    return visitor.post("/imports", form)


def table(rows: list[str], encoding: str = "utf-8") -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode(encoding)


def form_of(response) -> dict[str, str | list[str]]:
    """Return what a browser would send of the page's form."""
    page = response.content.decode()
    form = {
        name: re.search(r'<option value="([^"]*)" selected', body)[1]
        for name, body in re.findall(
            r'<select[^>]* name="([\w-]+)"[^>]*>(.*?)</select>', page, re.S
        )
        if " selected" in body and not name.startswith("constant")
    }
    form |= dict(re.findall(r'<textarea[^>]* name="([\w-]+)"[^>]*>(.*?)</textarea>', page, re.S))
    for told in re.findall(r'<input[^>]* name="(?:was|from|to|rest-to)-\d+"[^>]*>', page):
        value = re.search(r' value="([^"]*)"', told)
        name = re.search(r' name="([\w-]+)"', told)[1]
        form.setdefault(name, []).append(html.unescape(value[1]) if value else "")
    for box in re.findall(r'<input[^>]*type="checkbox"[^>]*>', page):
        if " checked" in box:
            form[re.search(r'name="(\w+)"', box)[1]] = "1"
    return form | {"shown": re.search(r'name="shown" value="([^"]*)"', page)[1]}


def drafted(visitor: Client, *given, **more) -> tuple[str, dict[str, str | list[str]]]:
    """Upload a file; return where its import is looked at, and the form that is shown."""
    answer = upload(visitor, *given, **more)
    assert answer.status_code == 303, words(answer)
    return answer["Location"], form_of(visitor.get(answer["Location"]))


def run(visitor: Client, address: str, form: dict[str, str]) -> Job:
    """Let an import be run to its end, and return its job."""
    answer = visitor.post(address, form | {"do": "run-sure"})
    assert answer.status_code == 303, words(answer)
    finish()
    return Job.objects.get(pk=answer["Location"].rpartition("/")[2])


def finish(steps: int = 500) -> Runner:
    runner = Runner()
    for _ in range(steps):
        if not runner.step(datetime.now(UTC)):
            break
    return runner


def read(response) -> list[dict[str, str]]:
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
