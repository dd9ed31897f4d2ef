"""Users and roles: what is given, what is refused, and what a person may do from then on."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOON, a_key, a_user
from laidan.domain.access import queries
from laidan.domain.access.models import OwnRole, User
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.audit.models import Operation
from laidan.kernel.actor import SYSTEM, Actor, Place, Reach
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import grant_access, manage_roles, manage_users
from laidan.usecases.user_requests import (
    AddUser,
    ChangeUser,
    DropRole,
    KeepRole,
    ResetPassword,
    SwitchUser,
)

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "tea-9-cake-77"
MAIN = Reach(shops=frozenset({"main"}))
LEADER = Actor("S", "user:leader", frozenset({"users.manage", "users.view", "orders.view"}))


def one(command: Any, request: Any) -> Any:
    (outcome,) = command([request], now=NOON)
    return outcome


def add(name: str = "mei", **others: Any) -> Any:
    wish = {"roles": ("customer_service",), "reach": MAIN, "actor": SYSTEM} | others
    return one(manage_users.add_users, AddUser(name, PASSWORD, **wish))


def change(username: str, **others: Any) -> Any:
    wish: dict[str, Any] = {"actor": SYSTEM, "name": "", "email": "", "roles": ()} | others
    return one(manage_users.change_users, ChangeUser(username, **wish))


def actor(name: str) -> Actor:
    return grant_access.actor_of_user(User.objects.get(username=name))


def a_role(**others: Any) -> Any:
    wish: dict[str, Any] = {"name": "Night", "permissions": frozenset({"orders.view"})}
    return one(manage_roles.keep_roles, KeepRole(**(wish | {"actor": SYSTEM} | others)))


def test_a_user_may_what_his_roles_allow_where_his_limits_let_him() -> None:
    assert add() == Done("mei")
    mei = actor("mei")
    here, done, there = (
        Place("main", "open", "open"),
        Place("main", "cancelled", "cancelled"),
        Place("other", "open", "open"),
    )
    assert [mei.sees(place) for place in (here, done, there)] == [True, False, False]
    assert mei.at(here).may("orders.change_address")
    assert not mei.at(here).may("orders.change_price")
    assert not mei.at(there).may("orders.change_address")
    assert mei.shops() == {"main"}


def test_roles_add_up_each_within_its_own_limits() -> None:
    add(roles=("customer_service", "auditor"), reach=Reach())
    mei, done = actor("mei"), Place("other", "closed", "closed")
    assert mei.sees(done)
    assert mei.at(done).may("orders.view")
    assert not mei.at(done).may("orders.change_address")
    assert mei.at(Place("other", "open", "open")).may("orders.change_address")
    # What tells of everything needs a reach without end, which the auditor's is.
    assert mei.may("audit.view")
    change("mei", roles=("customer_service", "auditor"), reach=MAIN)
    assert not actor("mei").may("audit.view")


def test_what_one_role_shows_is_seen_though_another_hides_it() -> None:
    add(roles=("warehouse",), reach=Reach())
    place = Place("main", "open", "open")
    assert "price" in actor("mei").at(place).masks
    change("mei", roles=("warehouse", "operator"))
    assert actor("mei").at(place).masks == frozenset()
    change("mei", roles=("warehouse", "operator"), masks=frozenset({"phone"}))
    assert actor("mei").at(place).masks == {"phone"}


def test_a_key_may_no_more_than_its_owner_may_at_the_moment() -> None:
    add()
    token = a_key("orders:write", username="mei")
    found = grant_access.actor_of_key(token, now=NOON)
    assert isinstance(found, Actor)
    assert found.may("orders.change_address")
    assert not found.may("orders.view")
    change("mei", roles=())
    found = grant_access.actor_of_key(token, now=NOON)
    assert isinstance(found, Actor)
    assert not found.may("orders.change_address")


def test_shutting_out_ends_keys_at_once_and_letting_in_brings_none_back() -> None:
    add()
    token = a_key(username="mei")
    assert one(manage_users.switch_users, SwitchUser("mei", SYSTEM, is_active=False)) == Done("mei")
    assert isinstance(grant_access.actor_of_key(token, now=NOON), Refused)
    again = one(manage_users.switch_users, SwitchUser("mei", SYSTEM, is_active=False))
    assert again == Done("mei", replayed=True)
    assert one(manage_users.switch_users, SwitchUser("mei", SYSTEM, is_active=True)) == Done("mei")
    assert User.objects.get(username="mei").is_active
    assert isinstance(grant_access.actor_of_key(token, now=NOON + timedelta(1)), Refused)


def test_the_last_administrator_stays() -> None:
    a_user("boss", rights=["*"])
    for refused in (
        change("boss", roles=("operator",)),
        change("boss", roles=("administrator",), reach=MAIN),
        one(manage_users.switch_users, SwitchUser("boss", SYSTEM, is_active=False)),
    ):
        assert isinstance(refused, Refused)
        assert refused.code == "last-administrator"
    assert User.objects.get(username="boss").rights == ["*"]
    assert change("boss", roles=("administrator",)) == Done("boss")
    assert User.objects.get(username="boss").rights == []
    assert actor("boss").rights == {"*"}


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"roles": ("king",)}, "unknown-role"),
        ({"name": "a b"}, "invalid-username"),
        ({"email": "nothing"}, "invalid-request"),
        ({"masks": frozenset({"shoes"})}, "invalid-request"),
        ({"actor": Actor("S", "user:x", frozenset({"orders:write"}))}, "forbidden"),
        ({"actor": LEADER, "roles": ("administrator",)}, "forbidden"),
        ({"actor": LEADER, "roles": ("customer_service",)}, "forbidden"),
    ],
)
def test_what_cannot_be_given_is_refused_and_leaves_nothing(wish: Any, code: str) -> None:
    outcome = add(**wish)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert User.objects.count() == 0


def test_nobody_touches_somebody_who_may_more_than_he() -> None:
    add(roles=("operator",))
    for outcome in (
        change("mei", actor=LEADER),
        one(manage_users.reset_passwords, ResetPassword("mei", "other-9-tea-8", LEADER)),
        one(manage_users.switch_users, SwitchUser("mei", LEADER, is_active=False)),
    ):
        assert isinstance(outcome, Refused)
        assert outcome.code == "forbidden"
    mei = User.objects.get(username="mei")
    assert (mei.roles, mei.is_active, mei.check_password(PASSWORD)) == (["operator"], True, True)


def test_passwords_are_reset_and_every_change_is_in_the_log() -> None:
    add()
    weak = one(manage_users.reset_passwords, ResetPassword("mei", "12345678", SYSTEM))
    assert isinstance(weak, Refused)
    assert weak.code == "weak-password"
    change("mei", roles=("finance",), name="王梅")
    one(manage_users.reset_passwords, ResetPassword("mei", "other-9-tea-8", SYSTEM))
    assert User.objects.get(username="mei").check_password("other-9-tea-8")
    actions = list(Operation.objects.order_by("strand", "seq").values_list("action", "label"))
    assert actions == [("user.added", "mei"), ("user.changed", "mei"), ("password.reset", "mei")]
    changed = Operation.objects.get(action="user.changed").changes
    assert '"roles":[["customer_service"],["finance"]]' in changed


def test_roles_of_this_installation_are_made_changed_and_deleted_when_nobody_has_them() -> None:
    made = a_role(reach=MAIN, masks=frozenset({"price"}))
    assert isinstance(made, Done)
    add(roles=(made.value,), reach=Reach())
    assert actor("mei").shops() == {"main"}
    a_role(code=made.value, name="Day", permissions=frozenset({"orders.view", "stock.view"}))
    assert actor("mei").may("stock.view")
    assert actor("mei").shops() is None
    used = one(manage_roles.drop_roles, DropRole(made.value, SYSTEM))
    assert isinstance(used, Refused)
    assert used.code == "role-in-use"
    change("mei")
    assert one(manage_roles.drop_roles, DropRole(made.value, SYSTEM)) == made
    assert queries.find_role(made.value) is None


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"name": " "}, "invalid-request"),
        ({"name": "x" * 81}, "invalid-request"),
        ({"permissions": frozenset()}, "invalid-request"),
        ({"permissions": frozenset({"orders.eat"})}, "invalid-request"),
        ({"masks": frozenset({"shoes"})}, "invalid-request"),
        ({"code": "nothing"}, "unknown-role"),
        ({"code": "warehouse"}, "role-built-in"),
        ({"actor": LEADER, "permissions": frozenset({"stock.view"})}, "forbidden"),
    ],
)
def test_a_role_that_cannot_be_is_refused(wish: Any, code: str) -> None:
    outcome = a_role(**wish)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert OwnRole.objects.count() == 0


def test_built_in_roles_stay() -> None:
    for code in BUILT_IN:
        outcome = one(manage_roles.drop_roles, DropRole(code, SYSTEM))
        assert isinstance(outcome, Refused)
        assert outcome.code == "role-built-in"
