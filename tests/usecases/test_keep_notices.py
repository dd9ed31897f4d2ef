"""What can be kept of channels and rules, and what is refused where."""

import pytest

from builders import NOON, a_shop
from laidan.domain.audit.models import Operation
from laidan.domain.notices.mail import MailServer
from laidan.domain.notices.models import NoticeChannel, NoticeRule
from laidan.engine.models import Setting
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_mail_server import KeepMailServer, keep_mail_server, mail_server
from laidan.usecases.keep_notice_rules import KeepRule, keep_rules
from laidan.usecases.keep_notices import (
    KeepChannel,
    keep_channels,
)
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
CHIEF = Actor(STAFF, "chief", frozenset({"*"}))
CLERK = Actor(STAFF, "clerk", frozenset({"orders:write"}))
KEEPER = Actor(STAFF, "keeper", frozenset({"notices.manage"}))
URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6"
SERVER = MailServer("mail.x.cn", 587, "starttls", "shop", "a secret word", "shop@x.cn")


def channel(actor=CHIEF, **wish):
    (outcome,) = keep_channels([KeepChannel(actor, **wish)], now=NOON)
    return outcome


def rule(actor=CHIEF, **wish):
    (outcome,) = keep_rules([KeepRule(actor, **wish)], now=NOON)
    return outcome


@pytest.fixture
def wecom():
    a_shop()
    made = channel(name="仓库群", kind="wecom", language="zh-hans", url=URL)
    assert isinstance(made, Done)
    return made.value.id


def test_addresses_and_secrets_are_sealed_and_masked_in_the_log(wecom):
    assert "693a91f6" not in NoticeChannel.objects.get().sealed
    (entry,) = Operation.objects.all()
    assert entry.action == "channel.created"
    assert "693a91f6"[:5] not in entry.changes


@pytest.mark.parametrize(
    ("wish", "code", "place"),
    [
        ({"name": "x", "kind": "pigeon"}, "unknown-kind", "kind"),
        ({"kind": "wecom", "url": URL}, "invalid-request", "name"),
        ({"name": "仓库群", "kind": "wecom", "url": URL}, "name-taken", "name"),
        ({"name": "x", "kind": "wecom"}, "invalid-request", "url"),
        ({"name": "x", "kind": "wecom", "url": "https://10.0.0.1/x"}, "invalid-request", "url"),
        ({"name": "x", "kind": "wecom", "url": URL, "secret": "s"}, "invalid-request", "secret"),
        (
            {"name": "x", "kind": "wecom", "url": URL, "language": "de"},
            "invalid-request",
            "language",
        ),
        ({"name": "x", "kind": "email"}, "invalid-request", "to"),
        ({"name": "x", "kind": "email", "to": ()}, "invalid-request", "to"),
        ({"name": "x", "kind": "email", "to": ("a@b.cn\nBcc: c@d.cn",)}, "invalid-request", "to"),
        ({"id": "nothing", "name": "x"}, "not-found", None),
    ],
)
def test_channels_that_cannot_be_are_refused_and_change_nothing(wecom, wish, code, place):
    before = list(NoticeChannel.objects.values())
    refused = channel(**wish)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.errors[0].loc if refused.errors else None) == (code, place)
    assert list(NoticeChannel.objects.values()) == before


@pytest.mark.parametrize(
    ("wish", "code", "place"),
    [
        ({"channel": "none"}, "invalid-request", "channel"),
        ({"types": ()}, "invalid-request", "types"),
        ({"types": ("user.signed_in",)}, "invalid-request", "types"),
        ({"shops": ("nowhere",)}, "unknown-shop", "shops"),
        ({"conditions": "password = 1"}, "invalid-request", "conditions"),
        ({"texts": {"en": {"title": "{{ secret }}"}}}, "invalid-request", "title_en"),
        ({"texts": {"zh-hans": {"body": "{% now %}"}}}, "invalid-request", "body_zh"),
        ({"types": ("alarm.low-stock",), "texts": {"en": {"body": "{{ order_no }}"}}},
         "invalid-request", "body_en"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused_at_their_place_and_keep_nothing(wecom, wish, code, place):
    sound = {"name": "new orders", "channel": wecom, "types": ("order.placed",)}
    refused = rule(**sound | wish)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.errors[0].loc) == (code, place)
    assert not NoticeRule.objects.exists()


def test_who_may_not_reveal_phones_keeps_no_rule_that_does(wecom):
    wish = {"name": "x", "channel": wecom, "types": ("order.placed",), "reveals": True}
    assert rule(KEEPER, **wish).code == "forbidden"
    assert not NoticeRule.objects.exists()
    assert isinstance(rule(CHIEF, **wish), Done)


def test_who_may_not_keep_notices_keeps_none(wecom):
    assert channel(CLERK, id=wecom, is_gone=True).code == "forbidden"
    assert rule(CLERK, name="x", channel=wecom, types=("order.placed",)).code == "forbidden"
    (refused,) = keep_mail_server([KeepMailServer(CLERK, SERVER)], now=NOON)
    assert refused.code == "forbidden"
    assert NoticeChannel.objects.count() == 1
    assert not Setting.objects.filter(name="mail.server").exists()


def test_a_batch_leaves_what_its_requests_leave_one_by_one(wecom):
    made = keep_rules(
        [KeepRule(CHIEF, name=f"rule {n % 2}", channel=wecom, types=("order.placed",))
         for n in range(3)], now=NOON,
    )  # fmt: skip
    assert [type(one) for one in made] == [Done, Done, Refused]
    assert made[2].code == "name-taken"
    first = made[0].value.id
    outcomes = keep_rules(
        [KeepRule(CHIEF, id=first, is_gone=True),
         KeepRule(CHIEF, name="rule 0", channel=wecom, types=("order.paid",)),
         KeepRule(CHIEF, id=first, name="again")], now=NOON,
    )  # fmt: skip
    assert [type(one) for one in outcomes] == [Done, Done, Refused]
    kept = dict(NoticeRule.objects.values_list("name", "types"))
    assert kept == {"rule 0": ["order.paid"], "rule 1": ["order.placed"]}
    assert channel(id=wecom, is_gone=True) == Done(outcomes[0].value.__class__(wecom, "仓库群"))
    assert not NoticeRule.objects.exists()


def test_a_hundred_channels_take_as_many_statements_as_one(wecom):
    counts = []
    for count in (1, 100):
        wishes = [
            KeepChannel(CHIEF, name=f"{count} {n}", kind="wecom", url=URL) for n in range(count)
        ]
        with statements() as seen:
            assert all(isinstance(one, Done) for one in keep_channels(wishes, now=NOON))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_mail_server_is_sealed_and_the_environments_goes_before_it(settings):
    settings.LAIDAN_SMTP_URL = ""
    assert mail_server() is None
    assert keep_mail_server([KeepMailServer(CHIEF, SERVER)], now=NOON) == [Done(None)]
    assert mail_server() == SERVER
    assert "secret word" not in Setting.objects.get(name="mail.server").value
    settings.LAIDAN_SMTP_URL = "smtps://u:p@other.cn"
    assert mail_server().host == "other.cn"
    settings.LAIDAN_SMTP_URL = ""
    wrong = MailServer("mail.x.cn", 587, sender="no address")
    (refused,) = keep_mail_server([KeepMailServer(CHIEF, wrong)], now=NOON)
    assert refused.errors[0].loc == "sender"
    assert mail_server() == SERVER
    keep_mail_server([KeepMailServer(CHIEF, None)], now=NOON)
    assert mail_server() is None
