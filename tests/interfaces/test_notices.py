"""Does what happened reach people once, in their language, without what they must not see."""

import email
from datetime import timedelta
from email import policy

import pytest
from django.utils import timezone

from builders import a_customer, a_shop, a_sku, an_address, an_order
from interfaces.receivers import FakeRobot, FakeSmtp, running
from laidan.domain.notices import core
from laidan.domain.notices.models import Alarm, NoticeChannel, NoticeDelivery
from laidan.engine import stream
from laidan.interfaces.worker import notices
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done
from laidan.usecases import notice_deliveries
from laidan.usecases.keep_notice_rules import KeepRule, keep_rules
from laidan.usecases.keep_notices import KeepChannel, keep_channels
from laidan.usecases.notice_deliveries import SendAgain, send_again
from laidan.usecases.raise_alarms import RaiseAlarm, raise_alarms
from laidan.usecases.tell_notices import TestChannel as AskForTest
from laidan.usecases.tell_notices import send_tests

pytestmark = pytest.mark.django_db(transaction=True)
CHIEF = Actor(STAFF, "chief", frozenset({"*"}))
PHONE = "13800138000"


@pytest.fixture(autouse=True)
def _shop(settings):
    settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE = True
    settings.LAIDAN_SMTP_URL = settings.LAIDAN_MAIL_FROM = ""
    a_shop(name="总店")
    a_sku(on_hand=1000)
    stream.begin("notices")


@pytest.fixture
def robot():
    with running(FakeRobot()) as server:
        yield server


@pytest.fixture
def smtp(settings):
    with running(FakeSmtp()) as server:
        settings.LAIDAN_SMTP_URL = f"smtp+plain://127.0.0.1:{server.port}"
        settings.LAIDAN_MAIL_FROM = "laidan@example.com"
        yield server


def a_channel(**wish):
    (outcome,) = keep_channels([KeepChannel(CHIEF, **wish)], now=timezone.now())
    assert isinstance(outcome, Done), outcome
    return outcome.value.id


def a_rule(channel, *types, **wish):
    wish = {"name": "rule"} | wish
    (outcome,) = keep_rules(
        [KeepRule(CHIEF, channel=channel, types=types, **wish)], now=timezone.now()
    )
    assert isinstance(outcome, Done), outcome
    return outcome.value.id


def placed():
    customer = a_customer("王小明", PHONE)
    return an_order(("TEE-RED-M", 2), customer=customer, ship_to=an_address("王小明", PHONE))


def go(now=None):
    """Let the worker do all that is due."""
    now = now or timezone.now()
    while stream.number_events(500, now=now):
        pass
    while notices.tell(now):
        pass
    count = 0
    while notices.send_next(now):
        count += 1
    return count


def test_an_order_is_told_once_in_the_readers_language_and_phones_are_masked(robot):
    channel = a_channel(name="群", kind="dingtalk", language="zh-hans", url=robot.url, secret="s")
    a_rule(channel, "order.placed",
           texts={"zh-hans": {"title": "", "body": "{{ customer }} {{ phone }} {{ state }} {{ lines }}"}})  # fmt: skip
    order = placed()
    assert go() == 1
    assert go() == 0
    (message,) = robot.got
    assert message["text"]["content"] == (
        f"新订单：{order.order_no}\n王小明 138****8000 待付款 2 × SKU TEE-RED-M"
    )
    assert "sign=" in message["path"]
    row = NoticeDelivery.objects.get()
    assert (row.state, row.status, row.tries, row.subject) == ("sent", "ok", 1, order.order_no)
    assert PHONE not in row.sealed
    assert "王小明" not in row.sealed


def test_phones_are_shown_where_somebody_who_may_has_said_so(robot):
    channel = a_channel(name="群", kind="wecom", language="en", url=robot.url)
    a_rule(
        channel, "order.placed", reveals=True, texts={"en": {"title": "t", "body": "{{ phone }}"}}
    )
    placed()
    go()
    assert robot.got[0]["text"]["content"] == f"t\n{PHONE}"


def test_only_what_a_rule_wants_is_told(robot):
    channel = a_channel(name="群", kind="feishu", language="en", url=robot.url)
    a_shop("other")
    a_rule(channel, "order.placed", name="large", conditions="total >= 1000000")
    a_rule(channel, "order.placed", name="other shop", shops=("other",))
    a_rule(channel, "order.paid", name="other type")
    a_rule(channel, "order.placed", name="off", is_active=False)
    placed()
    assert go() == 0
    assert not NoticeDelivery.objects.exists()


def test_what_happened_before_the_first_rule_is_not_told(robot):
    placed()
    go()
    channel = a_channel(name="群", kind="wecom", language="en", url=robot.url)
    a_rule(channel, "order.placed")
    assert go() == 0


def test_mail_goes_to_all_recipients_once(smtp):
    channel = a_channel(name="mail", kind="email", language="en", to=("a@x.cn", "b@x.cn"))
    a_rule(channel, "order.placed")
    order = placed()
    go()
    (text,) = smtp.got
    message = email.message_from_string(text, policy=policy.default)
    assert message["Subject"] == f"Order placed: {order.order_no}"
    assert message["To"] == "a@x.cn, b@x.cn"
    assert message["From"] == "laidan@example.com"
    assert f"/orders/{order.order_no}" in message.get_content()
    assert message["Message-ID"].startswith(f"<{NoticeDelivery.objects.get().pk}@")


@pytest.mark.parametrize(("mode", "state", "status"), [("refuse", "failed", "never"),
                                                       ("busy", "waiting", "later"),
                                                       ("close", "waiting", "later")])  # fmt: skip
def test_mail_that_is_not_taken(smtp, mode, state, status):
    smtp.mode = mode
    channel = a_channel(name="mail", kind="email", language="en", to=("a@x.cn",))
    send_tests([AskForTest(channel, CHIEF)], now=timezone.now())
    now = timezone.now()
    assert go(now) == 1
    row = NoticeDelivery.objects.get()
    assert (row.state, row.status, smtp.got) == (state, status, [])
    assert NoticeChannel.objects.get().failing_since is not None
    smtp.mode = "accept"
    assert go(now + timedelta(minutes=2)) == (1 if state == "waiting" else 0)
    assert len(smtp.got) == (1 if state == "waiting" else 0)


def test_without_a_mail_server_mail_waits_and_says_so():
    channel = a_channel(name="mail", kind="email", language="en", to=("a@x.cn",))
    send_tests([AskForTest(channel, CHIEF)], now=timezone.now())
    go()
    row = NoticeDelivery.objects.get()
    assert (row.state, row.answer) == ("waiting", "there is no mail server yet")


@pytest.mark.parametrize("answer", ["close", "half", {"errcode": 45009, "errmsg": "slow"}])
def test_a_robot_that_does_not_take_it_now_gets_it_later(robot, answer):
    robot.answers = [answer]
    channel = a_channel(name="群", kind="wecom", language="en", url=robot.url)
    a_rule(channel, "order.placed")
    placed()
    now = timezone.now()
    assert go(now) == 1
    assert NoticeDelivery.objects.get().state == "waiting"
    assert go(now) == 0
    assert go(now + timedelta(minutes=2)) == 1
    row = NoticeDelivery.objects.get()
    assert (row.state, row.tries, len(robot.got)) == ("sent", 2, 2)


def test_a_robot_that_refuses_is_not_asked_again_but_by_hand(robot):
    robot.answers = [{"errcode": 310000, "errmsg": "sign not match"}]
    channel = a_channel(name="群", kind="dingtalk", language="en", url=robot.url)
    send_tests([AskForTest(channel, CHIEF)], now=timezone.now())
    go()
    row = NoticeDelivery.objects.get()
    assert (row.state, row.status) == ("failed", "never")
    assert "sign not match" in row.answer
    assert send_again([SendAgain(row.pk, CHIEF)] * 2, now=timezone.now()) == [
        Done(row.pk), Done(row.pk, replayed=True)
    ]  # fmt: skip
    assert go() == 1
    assert NoticeDelivery.objects.get().state == "sent"


def test_more_than_a_robot_takes_becomes_a_digest(robot):
    channel = a_channel(name="群", kind="wecom", language="zh-hans", url=robot.url)
    a_rule(channel, "alarm.low-stock", texts={"zh-hans": {"title": "{{ label }}", "body": "x"}})
    now = timezone.now()
    raise_alarms([RaiseAlarm("low-stock", f"{n}", f"仓 {n}") for n in range(30)], now=now)
    assert go(now) == 1
    assert robot.got[0]["text"]["content"].startswith("30 条消息\n仓 0\n仓 1\n")
    assert set(NoticeDelivery.objects.values_list("state", "message_id").distinct()) == {
        ("sent", NoticeDelivery.objects.first().message_id)
    }
    raise_alarms([RaiseAlarm("low-stock", f"more {n}", f"店 {n}") for n in range(15)], now=now)
    assert go(now) == 15


def test_an_alarm_is_told_once_and_again_when_it_comes_back(robot):
    channel = a_channel(name="群", kind="feishu", language="en", url=robot.url)
    a_rule(channel, "alarm.schedule-late")
    for _ in range(3):
        raise_alarms([RaiseAlarm("schedule-late", "seal_log", "seal_log")], now=timezone.now())
        go()
    assert len(robot.got) == 1
    assert "seal_log has not succeeded" in robot.got[0]["content"]["text"]
    assert Alarm.objects.get().told_at is not None


def test_two_workers_send_nothing_twice_and_a_lost_one_is_followed(robot):
    channel = a_channel(name="群", kind="wecom", language="en", url=robot.url)
    now = timezone.now()
    send_tests([AskForTest(channel, CHIEF)], now=now)
    taken = notice_deliveries.take_sending("here:1", now=now)
    assert notice_deliveries.take_sending("there:2", now=now) is None
    later = now + core.LEASE
    again = notice_deliveries.take_sending("there:2", now=later)
    assert again.deliveries == taken.deliveries
    done = notice_deliveries.Tried(notice_deliveries.Verdict("ok", "ok"), "", 1)
    assert notice_deliveries.note_tried(taken, done, now=later) is False
    assert notice_deliveries.note_tried(again, done, now=later) is True
    assert NoticeDelivery.objects.get().tries == 1


def test_a_channel_on_which_nothing_arrives_raises_an_alarm_until_it_does(robot):
    robot.answers = ["close"]
    channel = a_channel(name="群", kind="wecom", language="en", url=robot.url)
    now = timezone.now()
    send_tests([AskForTest(channel, CHIEF)], now=now)
    go(now)
    assert notice_deliveries.watch_channels(now=now) == 0
    late = timezone.now() + timedelta(minutes=61)
    assert notice_deliveries.watch_channels(now=late) == 1
    go(late)
    assert notice_deliveries.watch_channels(now=late) == 0
    assert Alarm.objects.get().closed_at is not None


def test_what_waits_for_a_channel_that_is_switched_off_is_not_sent(robot):
    channel = a_channel(name="群", kind="wecom", language="en", url=robot.url)
    send_tests([AskForTest(channel, CHIEF)], now=timezone.now())
    keep_channels([KeepChannel(CHIEF, id=channel, is_active=False)], now=timezone.now())
    assert go() == 0
    row = NoticeDelivery.objects.get()
    assert row.state == "dropped"
    (refused,) = send_again([SendAgain(row.pk, CHIEF)], now=timezone.now())
    assert refused.code == "channel-off"
