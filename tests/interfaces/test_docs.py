"""What the documentation lists is what the program has: refusal codes, laws, room pages."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from architecture.sources import ROOT, program_sources
from laidan.blueprints import library, loader, rules
from laidan.domain.orders.core import CATEGORIES
from laidan.insights.laws.checker import all_laws
from laidan.interfaces.api import problems, rendering

pytestmark = pytest.mark.one_engine
LANGUAGES = ("en", "zh-CN")
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
# Functions whose arguments name the code of a refusal, and where it stands: the place of the code
# and, where there is one, of the status; without a place of its own the status is this number.
CODE_PLACES = {
    "Refused": (0, 2, 409),
    "_conflict": (0, 3, 409),
    "invalid": (2, None, 422),
    "refused": (1, None, 422),
    "read": (1, None, 422),
    "read_json": (2, None, 422),
    "read_parts": (2, None, 422),
    "_refused": (0, None, 409),
    "Guard": (0, None, 409),
}
# A row of a table that begins with a code and its statuses: | `out-of-stock` | 409 | … |
ROW = re.compile(r"^\| `([a-z-]+)` \| ([\d, ]+) \|", re.MULTILINE)
GUARD_ROW = re.compile(r"^\| `([a-z-]+)` \| (?!\d)", re.MULTILINE)
ROOMS = [
    "src/laidan/kernel",
    "src/laidan/engine",
    "src/laidan/blueprints",
    "src/laidan/usecases",
    "src/laidan/insights",
    *sorted(
        str(room.relative_to(ROOT))
        for parent in ("domain", "interfaces")
        for room in (ROOT / "src/laidan" / parent).iterdir()
        if (room / "__init__.py").is_file()
    ),
]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _texts(node: ast.expr | None) -> list[str]:
    """Return the texts that an argument can be: its own, or those of its two branches."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if CODE.fullmatch(node.value) else []
    return []


def _argument(call: ast.Call, place: int | None, name: str) -> ast.expr | None:
    found = next((word.value for word in call.keywords if word.arg == name), None)
    if found is None and place is not None and place < len(call.args):
        found = call.args[place]
    return found


def _refusing_calls() -> Iterator[tuple[ast.Call, str]]:
    """Yield every call that may name a code, but for those of files, which have codes of rows."""
    for source in program_sources():
        if source.path.startswith(("src/laidan/interfaces/files", "src/laidan/interfaces/web")):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and _name(node.func) in CODE_PLACES:
                yield node, _name(node.func)


def refusals() -> dict[str, set[int]]:
    """Return the statuses that each code of a refusal is answered with."""
    found: dict[str, set[int]] = defaultdict(set)
    for call, name in _refusing_calls():
        if name in ("Guard", "_refused"):
            continue
        place, status_place, usual = CODE_PLACES[name]
        status = _argument(call, status_place, "status")
        known = isinstance(status, ast.Constant) and isinstance(status.value, int)
        for code in _texts(_argument(call, place, "code")):
            found[code].add(status.value if known else usual)
    for status, code in problems._CODES.items():
        found[code].add(status)
    found["invalid-request"].add(422)
    found["invalid-order"].add(422)
    return dict(found)


def guards() -> set[str]:
    """Return the codes that say why a transition was refused."""
    found: set[str] = set()
    for call, name in _refusing_calls():
        if name in ("Guard", "_refused"):
            found.update(_texts(_argument(call, CODE_PLACES[name][0], "guard")))
        extra = _argument(call, None, "extra")
        if isinstance(extra, ast.Dict):
            for key, value in zip(extra.keys, extra.values, strict=True):
                if _texts(key) == ["guard"]:
                    found.update(_texts(value))
    return found


def test_the_search_finds_codes_of_every_form():
    found = refusals()
    assert found["out-of-stock"] == {409}
    assert found["unknown-sku"] == {422}
    assert found["sku-in-use"] == {409}
    assert found["method-not-allowed"] == {405}
    assert set(rendering.TITLES) <= set(found)
    assert {"payment-short", "on-hold", "order-done"} <= guards()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_documented_with_its_status(language):
    """The tables of api.md have exactly the codes that the program refuses with."""
    text = (ROOT / "docs" / language / "api.md").read_text(encoding="utf-8")
    listed = {code: {int(one) for one in numbers.split(",")} for code, numbers in ROW.findall(text)}
    assert listed == refusals()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_guard_is_documented(language):
    text = (ROOT / "docs" / language / "api.md").read_text(encoding="utf-8")
    assert guards() <= set(GUARD_ROW.findall(text))


def test_every_law_is_documented():
    """docs/laws.md has each law with its sentence; those of pointers are one row."""
    text = (ROOT / "docs/laws.md").read_text(encoding="utf-8")
    rows = {
        f"| `{law.name}` | {law.sentence} |"
        for law in all_laws()
        if not law.name.startswith("no-orphan-")
    }
    assert {row for row in rows if row not in text} == set()
    named = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    assert named - {law.name for law in all_laws()} == {"no-orphan-table-column"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_page(room):
    assert (ROOT / room / "README.md").is_file()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_worked_example_is_a_sound_order_type(language):
    text = (ROOT / "docs" / language / "order-types.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert loader.load(source).code == "rental"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_closed_lists_is_explained(language):
    text = (ROOT / "docs" / language / "order-types.md").read_text(encoding="utf-8")
    lists = (rules.GUARDS, rules.EFFECTS, rules.NEEDS, rules.ANCHORS, rules.FIELD_KINDS)
    words = {word for one in lists for word in one} | set(CATEGORIES) | rules.LINE_KINDS
    assert {word for word in words if not re.search(rf"\b{word}\b", text)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_transition_of_the_shipped_types_is_in_its_table(language):
    """docs/…/orders.md shows each state and each transition with all the states it starts at."""
    text = (ROOT / "docs" / language / "orders.md").read_text(encoding="utf-8")
    missing = []
    for code in ("retail", "virtual", "custom"):
        blueprint = loader.load(library.shipped_sources()[code])
        for state in blueprint.states.values():
            missing += [] if f"| `{state.code}` |" in text else [(code, state.code)]
        for transition in (one for many in blueprint.transitions.values() for one in many):
            sources = " ".join(f"`{source}`" for source in transition.sources)
            row = rf"^\| `{transition.name}` [^|]+\| {sources} \|"
            missing += [] if re.search(row, text, re.MULTILINE) else [(code, transition.name)]
    assert missing == []


def test_both_languages_have_the_same_pages():
    pages = [{path.name for path in (ROOT / "docs" / one).glob("*.md")} for one in LANGUAGES]
    assert pages[0] == pages[1]
    assert pages[0] != set()


def _links() -> Iterator[tuple[str, str]]:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                yield str(path.relative_to(ROOT)), str((path.parent / target).resolve())


def test_links_between_pages_lead_somewhere():
    broken = [link for link in _links() if not (ROOT / link[1]).exists()]
    assert broken == []
