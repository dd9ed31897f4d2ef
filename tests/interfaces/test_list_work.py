"""Working in the order list: acts on many orders, views, columns, sorts, what refreshes itself."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from builders import NOON, a_customer, a_request, a_shop, a_sku, a_user, an_order, some_orders
from interfaces.browsing import a_visitor, address_of, numbers, words
from laidan.domain.jobs.models import Job
from laidan.domain.orders.models import Hold, Order, OrderTag
from laidan.domain.workplace.models import Assignment, ListSetting, SavedView
from laidan.insights.order_list import LIMIT_MAX
from laidan.interfaces.worker.jobs import Runner
from statements import statements

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/orders"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop(name="Main street")
    a_sku(on_hand=100_000)


def some_ids(count: int, **others: Any) -> list[str]:
    """Place orders and return their ids."""
    return [one.order_id for one in some_orders(*[a_request(**others) for _ in range(count)])]


def send(visitor: Client, path: str, **form: Any) -> Any:
    return visitor.post(f"/orders/-/{path}", form, headers=HTMX)


def notice(response: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(response["HX-Trigger"])
    found: dict[str, Any] = told["notice"]
    return found


# --- many orders ----------------------------------------------------------------------------


def test_an_act_asks_what_it_needs_then_is_done_and_can_be_undone() -> None:
    ids, visitor = some_ids(3), a_visitor()
    form = send(visitor, "act", act="hold", id=ids)
    assert (form.status_code, form["HX-Retarget"]) == (200, "#sheet")
    assert "Put on hold 3 orders" in words(form)
    unsaid = send(visitor, "act", act="hold", id=ids, sent="1")
    assert (unsaid.status_code, "Say why." in words(unsaid)) == (422, True)
    done = send(visitor, "act", act="hold", id=ids, sent="1", reason="check", hold_scope="order")
    assert (done.status_code, notice(done)["text"]) == (204, "Put on hold: 3 orders")
    assert Hold.objects.filter(released_at=None, reason="check").count() == 3
    back = send(visitor, "undo", name=notice(done)["undo"])
    assert (back.status_code, notice(back)["text"]) == (204, "Taken back")
    assert not Hold.objects.filter(released_at=None).exists()
    # Once only, and nobody else's.
    assert send(visitor, "undo", name=notice(done)["undo"]).status_code == 409


def test_what_is_refused_is_told_for_each_order() -> None:
    ids, visitor = some_ids(2), a_visitor()
    send(visitor, "act", act="hold", id=ids[:1], sent="1", reason="check")
    response = send(visitor, "act", act="cancel", id=ids, sent="1", reason="staff")
    number = Order.objects.get(pk=ids[0]).order_no
    shown = words(response)
    for text in ("1 order done.", "1 refused.", number, "on hold"):
        assert text in shown
    assert Order.objects.filter(state="cancelled").count() == 1


def test_tags_and_colleagues_are_put_on_many_orders() -> None:
    ids, visitor = some_ids(3), a_visitor()
    colleague = a_user("li")
    assert "Type a tag." in words(send(visitor, "act", act="tag", id=ids, sent="1", value=" "))
    assert send(visitor, "act", act="tag", id=ids, sent="1", value="急").status_code == 204
    assert OrderTag.objects.filter(tag="急").count() == 3
    assert send(visitor, "act", act="assign", id=ids[:2], sent="1", value="li").status_code == 204
    assert set(Assignment.objects.values_list("user_id", flat=True)) == {colleague.pk}
    assert len(numbers(visitor.get("/orders?assignee=li"))) == 2
    assert len(numbers(visitor.get("/orders?assignee=-"))) == 1
    assert numbers(visitor.get("/orders?assignee=me")) == []
    assert numbers(visitor.get("/orders?assignee=whoever")) == []
    assert "Assigned to: li" in words(visitor.get("/orders?assignee=li"))


def test_all_that_match_go_to_a_job_that_tells_each_row_and_is_taken_back() -> None:
    some_ids(230, tags=["a"])
    some_ids(2)
    visitor = a_visitor()
    told = {"scope": "all", "query": "tag=a&sort=total"}
    assert "230 orders" in words(send(visitor, "act", act="tag", **told))
    begun = send(visitor, "act", act="tag", sent="1", value="b", **told)
    job = Job.objects.get()
    assert begun["HX-Redirect"] == f"/jobs/{job.pk}"
    finish_jobs()
    job.refresh_from_db()
    assert (job.state, job.done, job.refused, job.total) == ("done", 230, 0, 230)
    assert OrderTag.objects.filter(tag="b").count() == 230
    assert "230" in words(visitor.get(f"/jobs/{job.pk}"))
    visitor.post(f"/jobs/{job.pk}/take-back")
    finish_jobs()
    assert not OrderTag.objects.filter(tag="b").exists()
    assert OrderTag.objects.filter(tag="a").count() == 230


def finish_jobs() -> None:
    runner = Runner()
    while runner.step(datetime.now(UTC)):
        pass


def test_a_transition_of_many_orders_is_a_job_whose_refusals_are_told() -> None:
    ids = some_ids(LIMIT_MAX + 3)
    visitor = a_visitor()
    send(visitor, "act", act="hold", id=ids[:1], sent="1", reason="check")
    wish = {"act": "cancel", "scope": "all", "query": "", "sent": "1", "reason": "staff"}
    send(visitor, "act", **wish)
    finish_jobs()
    job = Job.objects.get()
    assert (job.state, job.done, job.refused) == ("done", LIMIT_MAX + 3, 1)
    assert Order.objects.filter(state="cancelled").count() == LIMIT_MAX + 2


def test_chosen_orders_are_written_to_a_file_by_those_who_may() -> None:
    ids, visitor = some_ids(3, tags=["a"]), a_visitor()
    some_ids(1)
    numbers_of = dict(Order.objects.values_list("id", "order_no"))

    def exported(**form: Any) -> str:
        begun = visitor.post("/orders/-/export", form)
        finish_jobs()
        file = visitor.get(f"{begun['Location']}/file")
        return b"".join(file.streaming_content).decode("utf-8-sig")

    ticked = exported(id=ids[:2], format="csv")
    assert [numbers_of[one] in ticked for one in ids] == [True, True, False]
    every = exported(scope="all", query="tag=a", format="csv")
    assert {one for one, number in numbers_of.items() if number in every} == set(ids)
    assert visitor.post("/orders/-/export", {"format": "csv"})["Location"] == "/orders"
    # The order of a shop out of reach, or the page without the right, gives nothing.
    reader = a_visitor("orders.view", username="reader")
    assert reader.post("/orders/-/export", {"id": ids}).status_code == 403
    assert "/orders/-/export" not in reader.get("/orders").content.decode()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"id": []}, 422),
        ({"act": "cancel", "id": ["nonsense", "", "\x00"]}, 422),
        ({"act": "nonsense"}, 409),
        ({"act": "ship"}, 409),
        ({"act": "refund"}, 409),
        ({"act": "assign", "sent": "1", "value": "whoever"}, 422),
        ({"act": "tag", "sent": "1", "value": "x" * 41}, 422),
        ({"act": "hold", "sent": "1", "reason": "x" * 300}, 422),
        ({"act": "tag", "scope": "all", "query": "tag=nothing&min_total=x", "value": "x"}, 422),
    ],
)
def test_rubbish_is_answered_and_changes_nothing(form: dict[str, Any], status: int) -> None:
    ids = some_ids(2)
    before = list(Order.objects.values_list("id", "version"))
    response = send(a_visitor(), "act", **({"id": ids} | form))
    assert response.status_code == status
    assert list(Order.objects.values_list("id", "version")) == before


def test_who_may_only_look_is_offered_nothing_and_changes_nothing() -> None:
    ids, visitor = some_ids(2), a_visitor("orders:read")
    page = visitor.get("/orders").content.decode()
    assert "data-bulk-act=" not in page
    assert "order-act" in page
    for name, more in (("cancel", {"reason": "staff"}), ("tag", {"value": "x"})):
        send(visitor, "act", act=name, id=ids, sent="1", **more)
    assert not OrderTag.objects.exists()
    assert not Order.objects.filter(state="cancelled").exists()
    assert a_visitor("stock:read", username="other").get("/orders").status_code == 403


# --- views and columns ----------------------------------------------------------------------


def test_a_view_is_kept_opened_changed_shared_and_removed() -> None:
    late = an_order(tags=["vip"])
    an_order()
    visitor = a_visitor()
    kept = send(visitor, "views", name="Important", query="tag=vip&sort=total", chooses="1",
                first="1", shared="1")  # fmt: skip
    view = SavedView.objects.get()
    assert json.loads(kept["HX-Location"])["path"] == f"/orders?tag=vip&sort=total&view={view.pk}"
    # It is what the list opens with, and can be left.
    opened = visitor.get("/orders", follow=True)
    assert opened.redirect_chain == [(f"/orders?tag=vip&sort=total&view={view.pk}", 302)]
    assert numbers(opened) == [late.order_no]
    assert "Important" in words(opened)
    assert len(numbers(visitor.get("/orders?view=all"))) == 2
    changed = visitor.get(f"/orders?tag=vip&sort=-total&view={view.pk}")
    assert "Save the changes" in words(changed)
    send(
        visitor, "views", id=view.pk, name="Important", query=f"tag=vip&sort=-total&view={view.pk}"
    )
    view.refresh_from_db()
    assert (view.query, view.shared) == ("tag=vip&sort=-total", False)
    again = send(visitor, "views", name="important", query="")
    assert (again.status_code, "You have a view of this name" in words(again)) == (409, True)
    assert send(visitor, f"views/{view.pk}/drop").status_code == 204
    assert visitor.get("/orders").status_code == 200


def test_views_of_others_are_seen_where_shared_and_never_changed() -> None:
    send(a_visitor(), "views", name="Ours", query="late=true", shared="1")
    view = SavedView.objects.get()
    other = a_visitor("orders:read", username="other")
    assert "Ours" in words(other.get("/orders"))
    assert send(other, f"views/{view.pk}/drop").status_code == 204
    send(other, "views", id=view.pk, name="Stolen", query="")
    view.refresh_from_db()
    assert view.name == "Ours"
    # Who may not share keeps it for himself.
    send(other, "views", name="Mine", query="", shared="1")
    assert not SavedView.objects.get(name="Mine").shared


def test_columns_and_rows_are_as_a_person_wants_them() -> None:
    an_order(external_no="T-9", tags=["vip"])
    visitor = a_visitor()
    send(visitor, "columns", column=["external_no", "total", "nonsense"], query="sort=total")
    send(visitor, "density", density="comfortable", query="")
    page = visitor.get("/orders")
    heads = re.findall(r"<th[^>]*>(.*?)</th>", page.content.decode(), re.DOTALL)
    named = [" ".join(re.sub(r"<[^>]+>", " ", head).split()) for head in heads]
    assert named == ["", "Order", "External number", "Amount", "Acts"]
    assert "T-9" in words(page)
    assert "list-comfortable" in page.content.decode()
    send(visitor, "columns", usual="1", query="")
    assert ListSetting.objects.get().columns is None
    assert "list-comfortable" not in a_visitor(username="other").get("/orders").content.decode()


# --- sorts, pages, refreshing ---------------------------------------------------------------


def test_a_list_by_state_pages_through_the_life_cycle_both_ways() -> None:
    for place in range(60):
        an_order(now=NOON + timedelta(minutes=place), paid="64.00" if place % 3 else None)
    visitor = a_visitor()
    whole = numbers(visitor.get("/orders?sort=state&limit=100"))
    states = dict(Order.objects.values_list("order_no", "state"))
    assert [states[one] for one in whole] == ["awaiting_payment"] * 20 + ["open"] * 40
    first = visitor.get("/orders?sort=state&limit=50")
    second = visitor.get(address_of(first, "next"))
    assert numbers(first) + numbers(second) == whole
    assert numbers(visitor.get(address_of(second, "prev"))) == numbers(first)


def test_what_was_seen_already_is_not_sent_again() -> None:
    placed, visitor = an_order(), a_visitor()
    for address in ("/orders", "/"):
        tag = re.findall(r'data-tag="(\w+)"', visitor.get(address).content.decode())[0]
        seen = {**HTMX, "If-None-Match": f'"{tag}"'}
        assert visitor.get(address, headers=seen).status_code == 304
        assert visitor.get(address, headers={"If-None-Match": f'"{tag}"'}).status_code == 200
        send(visitor, "act", act="tag", id=placed.order_id, sent="1", value=f"new{address}")
        assert visitor.get(address, headers=seen).status_code == 200


def test_the_statements_of_a_page_do_not_grow_with_its_rows() -> None:
    visitor = a_visitor()
    a_user("li")

    def count(address: str) -> int:
        visitor.get(address)
        with statements() as seen:
            assert visitor.get(address).status_code == 200
        return len(seen)

    addresses = ("/orders?view=all", "/orders?assignee=li", "/", "/?placed=30&customer=C1",
                 "/search/suggest?q=C1", "/orders?sort=state")  # fmt: skip
    for place in range(3):
        an_order(customer=a_customer(ref="C1"), paid="64.00", now=NOON + timedelta(place))
    few_ids = list(Order.objects.values_list("id", flat=True))
    send(visitor, "act", act="assign", id=few_ids, sent="1", value="li")
    send(visitor, "act", act="hold", id=few_ids, sent="1", reason="x")
    few = {address: count(address) for address in addresses}
    ids = some_ids(60, customer=a_customer(ref="C1"), paid="64.00")
    send(visitor, "act", act="assign", id=ids, sent="1", value="li")
    send(visitor, "act", act="hold", id=ids[:40], sent="1", reason="x")
    assert {address: count(address) for address in addresses} == few
    assert max(few.values()) <= 40
