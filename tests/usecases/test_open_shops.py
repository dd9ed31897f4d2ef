"""Shops and locations are upserted by code, and only what differs is written."""

import pytest

from builders import NOON, a_shop, a_sku, an_order, the_order_types
from laidan.domain.channels import store as channels
from laidan.domain.channels.models import Shop, ShopLocation
from laidan.domain.stock.models import Location
from laidan.engine import epochs
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.open_locations import Opened, OpenLocation, open_locations
from laidan.usecases.open_shops import OpenShop, open_shops

pytestmark = pytest.mark.django_db(transaction=True)


def _opened(outcomes: list[Outcome[Opened]]) -> list[tuple[str, bool, bool]]:
    found = []
    for outcome in outcomes:
        assert isinstance(outcome, Done), outcome
        found.append((outcome.value.code, outcome.value.created, outcome.value.changed))
    return found


def _refusal(*batch: OpenShop) -> Refused:
    outcome = open_shops(batch, now=NOON)[-1]
    assert isinstance(outcome, Refused), outcome
    return outcome


@pytest.fixture(autouse=True)
def order_types() -> None:
    the_order_types()
    open_locations([OpenLocation("north", "北仓"), OpenLocation("south", "南仓")], now=NOON)


def test_shops_are_opened_with_their_locations_in_order():
    outcomes = open_shops(
        [
            OpenShop("web", "网店", currency="CNY", locations=("south", "north")),
            OpenShop("eu", "Europe", currency="EUR", time_zone="Europe/Berlin"),
        ],
        now=NOON,
    )
    assert _opened(outcomes) == [("web", True, True), ("eu", True, True)]
    shops = channels.load_shops({"web", "eu"}, epochs.read())
    south, north = (Location.objects.get(code=code).pk for code in ("south", "north"))
    assert shops["web"].locations == (south, north)
    assert shops["eu"].currency == "EUR"
    assert shops["eu"].zone.key == "Europe/Berlin"
    assert shops["eu"].locations == ()


def test_the_same_again_changes_nothing():
    wanted = [OpenShop("web", "网店", locations=("south", "north"), review_from="1000.00")]
    open_shops(wanted, now=NOON)
    before = (epochs.read(), sorted(ShopLocation.objects.values_list("id", flat=True)))
    assert _opened(open_shops(wanted, now=NOON)) == [("web", False, False)]
    assert _opened(open_locations([OpenLocation("north", "北仓")], now=NOON)) == [
        ("north", False, False)
    ]
    assert (epochs.read(), sorted(ShopLocation.objects.values_list("id", flat=True))) == before


def test_what_is_not_given_stays():
    open_shops([OpenShop("web", "网店", review_from="1000.00", locations=("south",))], now=NOON)
    assert _opened(open_shops([OpenShop("web", locations=("north", "south"))], now=NOON)) == [
        ("web", False, True)
    ]
    shop = Shop.objects.get(code="web")
    assert (shop.name, shop.review_from_minor) == ("网店", 100_000)
    open_shops([OpenShop("web", review_from="")], now=NOON)
    assert Shop.objects.get(code="web").review_from_minor is None
    assert len(channels.load_shops({"web"}, epochs.read())["web"].locations) == 2


def test_a_closed_location_serves_no_shop():
    open_shops([OpenShop("web", locations=("south", "north"))], now=NOON)
    open_locations([OpenLocation("south", is_active=False)], now=NOON)
    north = Location.objects.get(code="north").pk
    assert channels.load_shops({"web"}, epochs.read())["web"].locations == (north,)


def test_later_requests_see_earlier_ones():
    outcomes = open_shops([OpenShop("web", "One"), OpenShop("web", "Two")], now=NOON)
    assert _opened(outcomes) == [("web", True, True), ("web", False, True)]
    assert Shop.objects.get(code="web").name == "Two"


@pytest.mark.parametrize(
    ("wish", "code", "loc"),
    [
        (OpenShop("web", locations=("east",)), "unknown-location", "locations"),
        (OpenShop("web", default_type="barter"), "unknown-type", "default_type"),
        (OpenShop("web", currency="XYZ"), "invalid-request", "currency"),
        (OpenShop("web", time_zone="Mars/Olympus"), "invalid-request", "time_zone"),
        (OpenShop("web", time_zone="../../etc/passwd"), "invalid-request", "time_zone"),
        (OpenShop("web", order_prefix="ld1"), "invalid-request", "order_prefix"),
        (OpenShop("web", review_from="a lot"), "invalid-request", "review_from"),
        (OpenShop("web", price_list="vip"), "unknown-price-list", "price_list"),
        (OpenShop("a b"), "invalid-request", "code"),
        (OpenShop("web", name=" "), "invalid-request", "name"),
    ],
)
def test_a_refusal_names_what_is_wrong_and_spoils_nothing(wish: OpenShop, code: str, loc: str):
    refused = _refusal(OpenShop("fine"), wish)
    assert (refused.code, refused.errors[0].loc) == (code, loc)
    assert list(Shop.objects.values_list("code", flat=True)) == ["fine"]


def test_a_shop_with_orders_keeps_its_currency():
    a_shop("web", locations=("north",))
    a_sku(location="north")
    open_shops([OpenShop("young")], now=NOON)
    an_order(shop="web")
    assert _refusal(OpenShop("web", currency="EUR")).code == "currency-fixed"
    assert _opened(open_shops([OpenShop("young", currency="EUR")], now=NOON)) == [
        ("young", False, True)
    ]
