"""Can people set up, by pages, who is told of what, and see what was sent."""

import re

import pytest
from django.utils import timezone

from builders import a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.access.models import User
from laidan.domain.notices import core, texts
from laidan.domain.notices.models import NoticeChannel, NoticeDelivery, NoticeRule
from laidan.engine import stream
from laidan.insights.event_types import OWN
from laidan.interfaces.web import alarm_words, notice_words
from laidan.usecases.keep_mail_server import mail_server

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://oapi.dingtalk.com/robot/send?access_token=tok3n"


@pytest.fixture
def visitor(settings):
    settings.LAIDAN_SMTP_URL = ""
    a_shop(name="Main shop")
    return a_visitor()


@pytest.fixture
def channel(visitor):
    wish = {"name": "Group", "url": URL, "secret": "SEC1", "language": "en", "is_active": "on"}
    assert visitor.post("/settings/notices/channels/-/dingtalk", wish).status_code == 303
    return NoticeChannel.objects.get()


def test_every_kind_has_words():
    assert notice_words.KINDS.keys() == set(core.KINDS) == notice_words.HINTS.keys()
    assert {code for code, _ in notice_words.states()} == set(core.STATES)
    assert {f"alarm.{kind}" for kind in alarm_words.KINDS} - {
        "alarm.notice-failed"
    } <= texts.TYPES.keys()
    assert set(OWN) <= texts.TYPES.keys()


def test_the_empty_pages_lead_from_channel_to_rule(visitor):
    assert "First a channel" in words(visitor.get("/settings/notices"))
    assert "DingTalk robot" in words(visitor.get("/settings/notices/channels"))
    assert "Nothing sent yet" in words(visitor.get("/settings/notices/log"))
    assert visitor.get("/settings/notices/channels/-/pigeon").status_code == 404


def test_an_address_is_not_shown_again_and_stays_when_nothing_is_typed(visitor, channel):
    here = f"/settings/notices/channels/{channel.pk}"
    page = visitor.get(here).content.decode()
    assert "tok3n" not in page
    assert "SEC1" not in page
    before = channel.sealed
    assert (
        visitor.post(here, {"name": "Group 2", "language": "en", "is_active": "on"}).status_code
        == 303
    )
    channel.refresh_from_db()
    assert channel.name == "Group 2"
    assert channel.sealed != before  # sealed anew, with the same address inside
    from laidan.engine.sealing import keyring
    from laidan.usecases.keep_notices import config_of

    assert config_of(channel, keyring()) == {"url": URL, "secret": "SEC1"}


def test_a_wrong_address_is_said_at_its_field(visitor):
    wish = {"name": "x", "url": "https://10.0.0.1/x", "language": "en"}
    answer = visitor.post("/settings/notices/channels/-/feishu", wish)
    assert answer.status_code == 422
    assert "open.feishu.cn" in words(answer)
    assert not NoticeChannel.objects.exists()


def test_a_test_is_queued_and_its_log_is_shown(visitor, channel):
    answer = visitor.post(f"/settings/notices/channels/{channel.pk}/test")
    assert answer.status_code == 303
    page = words(visitor.get(answer["Location"]))
    assert "Test" in page
    assert "To be sent" in page
    row = NoticeDelivery.objects.get()
    assert "A test from Laidan" in words(visitor.get(f"/settings/notices/log/{row.pk}"))
    NoticeDelivery.objects.update(state="failed", due_at=None)
    assert visitor.post(f"/settings/notices/log/{row.pk}").status_code == 303
    assert NoticeDelivery.objects.get().state == "waiting"


def rule_of(channel, **more):
    return {
        "name": "New orders",
        "channel": channel.pk,
        "types": ["order.placed"],
        "is_active": "on",
    } | more


def test_a_rule_is_added_changed_and_removed(visitor, channel):
    wish = rule_of(channel, title_en="{{ order_no }}!", body_zh="金额 {{ total }}", shops=["main"])
    assert visitor.post("/settings/notices/-/new", wish).status_code == 303
    rule = NoticeRule.objects.get()
    assert (rule.types, rule.shops, rule.texts["zh-hans"]["body"]) == (
        ["order.placed"], ["main"], "金额 {{ total }}"
    )  # fmt: skip
    here = f"/settings/notices/{rule.pk}"
    assert "{{ order_no }}!" in visitor.get(here).content.decode()
    assert visitor.post(here, rule_of(channel, conditions="total >= 5")).status_code == 303
    rule.refresh_from_db()
    assert (rule.conditions, rule.shops) == ("total >= 5", [])
    assert "New orders" in words(visitor.get("/settings/notices"))
    assert visitor.post(f"{here}/remove").status_code == 303
    assert not NoticeRule.objects.exists()


def test_an_unknown_name_is_said_at_its_text(visitor, channel):
    answer = visitor.post("/settings/notices/-/new", rule_of(channel, body_en="{{ password }}"))
    assert answer.status_code == 422
    assert re.search(
        r'id="id_body_en_error">[^<]*there is no value password', answer.content.decode()
    )
    assert not NoticeRule.objects.exists()


def test_the_preview_is_of_what_really_happened(visitor, channel):
    preview = "/settings/notices/-/preview"
    asked = rule_of(channel, title_en="{{ order_no }} of {{ shop }}")
    assert "Nothing of this has happened yet" in words(visitor.post(preview, asked))
    a_sku()
    order = an_order()
    stream.number_events(100, now=timezone.now())
    page = words(visitor.post(preview, asked))
    assert f"{order.order_no} of Main shop" in page
    assert f"新订单：{order.order_no}" in page
    assert "Choose what is told" in words(visitor.post(preview, {}))
    assert "there is no value x" in words(
        visitor.post(preview, rule_of(channel, body_en="{{ x }}"))
    )


def test_the_mail_server_keeps_its_password(visitor):
    wish = {"host": "mail.x.cn", "port": "587", "security": "starttls", "user": "u",
            "password": "pw", "sender": "a@x.cn"}  # fmt: skip
    assert visitor.post("/settings/notices/mail", wish).status_code == 303
    assert (
        "pw"
        not in visitor.get("/settings/notices/mail")
        .content.decode()
        .split('name="password"')[1][:200]
    )
    assert (
        visitor.post("/settings/notices/mail", wish | {"password": "", "port": "465"}).status_code
        == 303
    )
    assert (mail_server().password, mail_server().port) == ("pw", 465)
    assert "mail.x.cn:465" in words(visitor.get("/settings/notices/channels"))


def test_removing_a_channel_says_what_goes_with_it(visitor, channel):
    visitor.post("/settings/notices/-/new", rule_of(channel))
    here = f"/settings/notices/channels/{channel.pk}/remove"
    assert "Its 1 rules" in words(visitor.get(here))
    assert visitor.post(here).status_code == 303
    assert not NoticeChannel.objects.exists()
    assert not NoticeRule.objects.exists()


def test_who_sees_one_shop_alone_sends_nothing_of_the_others_out(visitor, channel):
    limited = a_visitor("*", username="limited")
    User.objects.filter(username="limited").update(reach={"shops": ["main"]})
    for address in ("/settings/notices", "/settings/notices/channels", "/settings/notices/log"):
        assert limited.get(address).status_code == 403
    assert limited.post(f"/settings/notices/channels/{channel.pk}/test").status_code == 403
    assert not NoticeDelivery.objects.exists()
