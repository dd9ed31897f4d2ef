"""Tags of orders: renamed, merged, coloured and removed everywhere at once."""

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.audit.models import Operation
from laidan.domain.dictionary import queries as dictionary
from laidan.domain.orders import store as orders
from laidan.domain.workplace.models import SavedView
from laidan.insights import tag_views
from laidan.kernel.actor import STAFF, SYSTEM, Actor
from laidan.usecases.keep_tags import KeepTag, keep_tags
from laidan.usecases.keep_views import keep_views
from laidan.usecases.view_requests import KeepView
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = "01990000-0000-7000-8000-000000000001"
NOBODY = Actor(STAFF, "user:x")


def keep(tag, actor=SYSTEM, **more):
    (outcome,) = keep_tags([KeepTag(tag, actor, **more)], now=NOON)
    return outcome


def tagged(*lists):
    """Return orders that have tags."""
    a_shop()
    a_sku("TEE", on_hand=100)
    ids = [an_order(("TEE", 1), tags=list(tags)).order_id for tags in lists]
    return lambda: [orders.load_tags(ids).get(one, []) for one in ids]


def test_tags_are_renamed_merged_coloured_and_removed_on_every_order():
    tags = tagged(["vip", "gift"], ["vip"], ["VIP"], [])
    assert keep("vip", name="VIP").code == "tag-taken"
    assert keep("vip", name="VIP", colour="red", merges=True).value.orders == 2
    assert tags() == [["VIP", "gift"], ["VIP"], ["VIP"], []]
    assert keep("gift", name="present").value.tag == "present"
    assert tags() == [["VIP", "present"], ["VIP"], ["VIP"], []]
    assert dictionary.tag_colours() == {"VIP": "red", "present": "grey"}
    refused = keep("VIP", is_gone=True)
    assert (refused.code, refused.extra["orders"]) == ("tag-in-use", 3)
    assert keep("VIP", is_gone=True, even_used=True).value.orders == 3
    assert tags() == [["present"], [], [], []]
    assert keep("later", is_new=True, colour="blue").value.orders == 0
    assert keep("later", is_new=True).code == "tag-taken"
    assert tag_views.list_tags(after="", limit=9) == [
        ("later", 0, "blue"), ("present", 1, "grey"),
    ]  # fmt: skip
    assert tag_views.list_tags(after="later", limit=1) == [("present", 1, "grey")]
    assert tag_views.find_tag("later") == ("later", 0, "blue")
    assert keep("later", is_gone=True).value.orders == 0
    assert tag_views.find_tag("later") is None
    told = sorted(Operation.objects.filter(kind="tag").values_list("action", "label"))
    assert told == [
        ("tag.changed", "present"), ("tag.created", "later"), ("tag.merged", "VIP"),
        ("tag.removed", "VIP"), ("tag.removed", "later"),
    ]  # fmt: skip


def test_views_of_a_tag_follow_its_new_name_in_the_same_transaction():
    tagged(["加急 1", "late"])
    kept = [
        KeepView(OWNER, "a", "tag=%E5%8A%A0%E6%80%A5+1&state=open&sort=-total"),
        KeepView(OWNER, "b", "q=tag%3D&tag=late"),
        KeepView(OWNER, "c", "state=open"),
    ]
    views = [one.value.id for one in keep_views(kept, now=NOON)]

    def queries():
        known = dict(SavedView.objects.values_list("id", "query"))
        return [known[one] for one in views]

    assert keep("加急 1", name="late").code == "tag-taken"
    assert queries() == [one.query for one in kept]
    assert keep("加急 1", name="a&b=c").value.orders == 1
    assert queries() == ["tag=a%26b%3Dc&state=open&sort=-total", kept[1].query, kept[2].query]
    assert keep("a&b=c", name="late", merges=True).value.orders == 1
    assert queries() == ["tag=late&state=open&sort=-total", kept[1].query, kept[2].query]
    assert keep("late", is_gone=True, even_used=True).value.orders == 1
    assert queries()[1] == kept[1].query


def test_a_batch_leaves_what_its_requests_leave_one_by_one_in_as_many_statements():
    wishes = [
        ("a", {"name": "x"}), ("b", {"name": "a"}), ("x", {"name": "b"}),
        ("c", {"name": "b", "merges": True}), ("d", {"is_gone": True, "even_used": True}),
        ("d", {"is_new": True, "colour": "pink"}),
    ]  # fmt: skip
    tags = tagged(["a", "b"], ["a", "c"], ["c", "d"], ["b", "c"])
    with statements() as many:
        outcomes = keep_tags([KeepTag(tag, SYSTEM, **more) for tag, more in wishes], now=NOON)
    assert [getattr(one, "code", "") for one in outcomes] == [""] * len(wishes)
    assert tags() == [["a", "b"], ["b"], ["b"], ["a", "b"]]
    assert dictionary.tag_colours() == {"a": "grey", "b": "grey", "d": "pink"}
    more = [KeepTag(f"t{n}", SYSTEM, is_new=True) for n in range(50)]
    with statements() as fifty:
        keep_tags(more, now=NOON)
    assert len(fifty) <= len(many)


def test_rubbish_tags_and_strangers_are_refused():
    tags = tagged(["vip"])
    wishes = [
        {"name": ""}, {"name": " x"}, {"name": "x" * 41}, {"name": "a\x00"}, {"name": "a,b"},
        {"name": "a\ud800"}, {"name": "a\tb"}, {"colour": "mauve"}, {"colour": ""},
    ]  # fmt: skip
    assert {keep("vip", **wish).code for wish in wishes} == {"invalid-tag"}
    unknown = [keep(name, **wish).code for name in ("", "nix", "a\x00")
               for wish in ({}, {"is_gone": True}, {"name": "vip", "merges": True})]  # fmt: skip
    assert set(unknown) == {"unknown-tag"}
    assert keep("vip", actor=NOBODY, is_gone=True, even_used=True).code == "forbidden"
    assert tags() == [["vip"]]
    assert dictionary.tag_colours() == {}
