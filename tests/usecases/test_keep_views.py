"""Saved views and list settings: whose they are, what they hold, what is refused."""

from typing import Any

import pytest

from builders import NOON
from laidan.domain.workplace import queries
from laidan.domain.workplace.core import Setting
from laidan.domain.workplace.models import SavedView
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_views import arrange_lists, drop_views, keep_views
from laidan.usecases.view_requests import ArrangeList, DropView, KeepView

pytestmark = pytest.mark.django_db
LI, WANG = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"


def keep(owner: str, name: str, query: str = "late=true", **more: Any) -> Any:
    (outcome,) = keep_views([KeepView(owner, name, query, **more)], now=NOON)
    return outcome


def code(outcome: Any) -> str:
    return outcome.code if isinstance(outcome, Refused) else ""


def names(user: str) -> list[str]:
    return [one.name for one in queries.list_views(user)]


def test_own_views_come_before_those_that_others_share() -> None:
    for name, shared in (("b", False), ("A", False), ("shared", True)):
        assert isinstance(keep(LI, name, shared=shared), Done)
    keep(WANG, "mine")
    assert names(LI) == ["A", "b", "shared"]
    assert names(WANG) == ["mine", "shared"]


def test_a_view_keeps_its_columns_and_is_changed_by_its_owner_alone() -> None:
    made = keep(LI, "Late", columns=("total", "nonsense", "placed", "total")).value
    assert made.columns == ("total", "placed")
    assert code(keep(WANG, "stolen", id=made.id)) == "not-found"
    assert keep(LI, " Very   late ", "q=x", id=made.id).value.name == "Very late"
    assert SavedView.objects.get().query == "q=x"


def test_names_are_unique_for_a_person_whatever_their_case() -> None:
    keep(LI, "Late")
    assert code(keep(LI, "late ")) == "view-name-taken"
    assert isinstance(keep(WANG, "late"), Done)
    again = keep_views([KeepView(LI, "x", ""), KeepView(LI, "X", "")], now=NOON)
    assert [code(one) for one in again] == ["", "view-name-taken"]


@pytest.mark.parametrize(
    ("name", "query"), [("", ""), ("  \t", ""), ("\x00", ""), ("x", "q=" + "y" * 2001)]
)
def test_rubbish_is_refused(name: str, query: str) -> None:
    assert code(keep(LI, name, query)) == "invalid-request"
    assert not SavedView.objects.exists()


def test_there_are_only_so_many_views() -> None:
    keep_views([KeepView(LI, f"view {one}", "") for one in range(50)], now=NOON)
    assert code(keep(LI, "one more")) == "too-many-views"


def test_a_view_that_is_dropped_is_nobodys_first_any_more() -> None:
    made = keep(LI, "Late", shared=True).value
    for user in (LI, WANG):
        assert isinstance(
            arrange_lists([ArrangeList(user, default_view_id=made.id)], now=NOON)[0], Done
        )
    assert [code(one) for one in drop_views([DropView(WANG, made.id)])] == ["not-found"]
    assert [code(one) for one in drop_views([DropView(LI, made.id)])] == [""]
    assert queries.get_setting(WANG).default_view_id is None


def test_a_setting_changes_only_what_is_asked_for() -> None:
    arrange_lists([ArrangeList(LI, columns=("total", "placed"))], now=NOON)
    arrange_lists([ArrangeList(LI, density="comfortable")], now=NOON)
    assert queries.get_setting(LI) == Setting(("total", "placed"), "comfortable", None)
    arrange_lists([ArrangeList(LI, columns=())], now=NOON)
    assert queries.get_setting(LI).columns is None
    assert queries.get_setting(WANG) == Setting()


def test_settings_that_do_not_exist_are_refused() -> None:
    private = keep(WANG, "private").value
    wishes = [
        ArrangeList(LI, density="tiny"),
        ArrangeList(LI, default_view_id=private.id),
        ArrangeList(LI, default_view_id="nonsense"),
    ]
    found = [code(one) for one in arrange_lists(wishes, now=NOON)]
    assert found == ["invalid-request", "not-found", "not-found"]
    assert queries.get_setting(LI) == Setting()
