"""Do texts of notices say only what they may, and do chats get what they understand."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from laidan.domain.notices import core, mail, robots, texts
from laidan.domain.notices.core import Condition, Plan

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NAMES = ("order_no", "total")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ order_no }} {{total}}", ""),
        ("no name at all: 100 % {x} $y", ""),
        ("{{ password }}", "there is no value password"),
        ("{{ order_no", "braces stand around one name, as in {{ order_no }}"),
        ("{{ order_no.key }}", "braces stand around one name, as in {{ order_no }}"),
        ("{% load x %}", "braces stand around one name, as in {{ order_no }}"),
        ("{{ order_no }}" * 9, "has at most 99 characters"),
        ("a\x00b", "holds a control character"),
    ],
)
def test_a_text_names_values_of_the_list_and_does_nothing_else(text, fault):
    assert texts.text_fault(text, NAMES, 99) == fault


def test_what_a_value_holds_is_no_template():
    assert (
        texts.filled("{{ order_no }}", {"order_no": "{{ total }}", "total": "9"}) == "{{ total }}"
    )


def test_texts_of_a_rule_may_name_what_all_of_its_happenings_have():
    assert "order_no" in texts.names_for(["order.placed", "order.paid"])
    assert set(texts.names_for(["order.placed", "alarm.low-stock"])) == {*texts.COMMON, "count"}
    assert texts.names_for([]) == texts.COMMON


def test_own_words_go_before_the_programs():
    own = {"en": {"title": "Mine", "body": ""}}
    title, body = texts.words_of(["order.placed"], own, "en")
    assert title == "Mine"
    assert "{{ total }}" in body
    assert texts.words_of(["order.placed"], own, "zh-hans")[0] == "{{ event }}：{{ order_no }}"


def test_every_word_of_the_program_is_a_sound_text_in_both_languages():
    for type_, label in texts.TYPES.items():
        for language in texts.LANGUAGES:
            assert label[language]
            for text in texts.words_of([type_], {}, language):
                assert texts.text_fault(text, texts.names_for([type_]), 4000) == ""


def test_conditions_are_read_and_hold():
    found = core.read_conditions("total >= 1,000\n\norder_no ~ LD-", NAMES)
    assert found == [Condition("total", ">=", "1,000"), Condition("order_no", "~", "LD-")]
    assert core.holds(found, {"total": "1000.00", "order_no": "ld-1"})
    assert not core.holds(found, {"total": "999.99", "order_no": "LD-1"})
    assert not core.holds(found, {"order_no": "LD-1"})
    assert core.holds([Condition("total", "=", "5")], {"total": "5.00"})
    assert core.holds([Condition("order_no", "!=", "a")], {"order_no": "b"})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("total", "cannot be read: total"),
        ("secret = 1", "there is no value secret"),
        ("total > much", "is no number: much"),
        ("total > NaN", "is no number: NaN"),
        ("total = 1\n" * 11, "has at most 10 lines"),
    ],
)
def test_conditions_that_cannot_be_are_told(text, fault):
    with pytest.raises(core.ConditionFault) as found:
        core.read_conditions(text, NAMES)
    assert str(found.value) == fault


def test_a_robot_gets_twenty_messages_a_minute_and_the_rest_as_one():
    sent = [NOW - timedelta(seconds=second) for second in range(17)]
    assert core.plan("wecom", 0, [], NOW) == Plan(0, is_digest=False)
    assert core.plan("wecom", 3, sent, NOW) == Plan(1, is_digest=False)
    assert core.plan("wecom", 4, sent, NOW) == Plan(4, is_digest=True)
    assert core.plan("wecom", 500, sent, NOW) == Plan(100, is_digest=True)
    full = [NOW - timedelta(seconds=second) for second in range(20)]
    assert core.plan("feishu", 1, full, NOW) == Plan(
        0, is_digest=False, again_at=NOW + timedelta(seconds=41)
    )
    assert core.plan("feishu", 1, full, NOW + timedelta(seconds=41)) == Plan(1, is_digest=False)
    assert core.plan("email", 500, full, NOW) == Plan(1, is_digest=False)


def test_never_more_than_twenty_in_any_minute_however_many_come():
    waiting, sent, now = 0, [], NOW
    for second in range(300):
        waiting, now = waiting + 3, NOW + timedelta(seconds=second)
        plan = core.plan("dingtalk", waiting, sent, now)
        if plan.count:
            waiting -= plan.count
            sent.append(now)
        assert sum(at > now - core.WINDOW for at in sent) <= core.ROBOT_RATE
    assert waiting < 200


def test_tries_wait_longer_and_end():
    waits = [core.retry_at(tries, NOW, 0) for tries in range(1, 11)]
    assert [(at - NOW).total_seconds() / 60 for at in waits if at] == [
        1, 2, 5, 15, 30, 60, 180, 360, 720
    ]  # fmt: skip
    assert waits[-1] is None
    assert core.retry_at(1, NOW, 1.0) == NOW + timedelta(seconds=72)


# --- robots ---------------------------------------------------------------------------------


def body_of(message):
    return json.loads(message.body)


def test_dingtalk_is_signed_in_its_address():
    config = {"url": "https://oapi.dingtalk.com/robot/send?access_token=t", "secret": "SEC1"}
    made = robots.message("dingtalk", config, ("Title", "Body"), NOW)
    query = parse_qs(urlsplit(made.url).query)
    stamp = str(int(NOW.timestamp() * 1000))
    digest = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert query == {
        "access_token": ["t"], "timestamp": [stamp], "sign": [base64.b64encode(digest).decode()]
    }  # fmt: skip
    assert body_of(made) == {"msgtype": "text", "text": {"content": "Title\nBody"}}


def test_feishu_is_signed_in_its_body_and_calls_nobody():
    made = robots.message("feishu", {"url": "https://open.feishu.cn/x", "secret": "s"},
                          ("a", '<at user_id="all">'), NOW)  # fmt: skip
    stamp = str(int(NOW.timestamp()))
    digest = hmac.new(f"{stamp}\ns".encode(), b"", hashlib.sha256).digest()
    body = body_of(made)
    assert (body["timestamp"], body["sign"]) == (stamp, base64.b64encode(digest).decode())
    assert "<" not in body["content"]["text"]


def test_wecom_gets_no_more_bytes_than_it_takes():
    made = robots.message("wecom", {"url": "https://qyapi.weixin.qq.com/k"}, ("单" * 3000, ""), NOW)
    text = body_of(made)["text"]["content"]
    assert text.endswith("…")
    assert 1990 <= len(text.encode()) <= 2000


@pytest.mark.parametrize(
    ("kind", "status", "answer", "means"),
    [
        ("wecom", 200, '{"errcode":0,"errmsg":"ok"}', "ok"),
        ("wecom", 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', "later"),
        ("wecom", 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', "never"),
        ("dingtalk", 200, '{"errcode":310000,"errmsg":"sign not match"}', "never"),
        ("dingtalk", 200, '{"errcode":130101,"errmsg":"send too fast"}', "later"),
        ("feishu", 200, '{"code":0,"msg":"success"}', "ok"),
        ("feishu", 200, '{"StatusCode":0,"StatusMessage":"success"}', "ok"),
        ("feishu", 200, '{"code":19021,"msg":"sign match fail"}', "never"),
        ("feishu", 429, "", "later"), ("wecom", 503, "", "later"), ("wecom", 404, "", "never"),
        ("wecom", 200, "<html>", "later"), ("wecom", 200, "[]", "later"),
        ("wecom", None, "", "later"),
    ],
)  # fmt: skip
def test_what_an_answer_means(kind, status, answer, means):
    assert robots.verdict(kind, status, answer, "").means == means


@pytest.mark.parametrize(
    ("kind", "url", "is_right"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", True),
        ("wecom", "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", False),
        ("wecom", "https://qyapi.weixin.qq.com.evil.example/x", False),
        ("wecom", "https://qyapi.weixin.qq.com@10.0.0.1/x", False),
        ("dingtalk", "https://qyapi.weixin.qq.com/x", False),
        ("feishu", "https://open.larksuite.com/open-apis/bot/v2/hook/x", True),
        ("feishu", "https://127.0.0.1/x", False),
        ("feishu", "https://open.feishu.cn:8443/x", False),
        ("feishu", "https://open.feishu.cn", False),
    ],
)
def test_a_robot_is_at_its_chat_and_nowhere_else(kind, url, is_right):
    assert (robots.address_fault(kind, url) == "") is is_right


# --- mail -----------------------------------------------------------------------------------


def test_the_mail_server_is_read_from_an_address():
    found = mail.parse_server("smtp://shop%40x.cn:p%3Aw@mail.x.cn", "")
    assert (found.host, found.port, found.security, found.user, found.password, found.sender) == (
        "mail.x.cn", 587, "starttls", "shop@x.cn", "p:w", "shop@x.cn"
    )  # fmt: skip
    assert mail.parse_server("smtps://h:1465", "a@b.cn").port == 1465
    assert "p:w" not in repr(found)
    with pytest.raises(ValueError, match="smtp://"):
        mail.parse_server("http://mail.x.cn", "")
