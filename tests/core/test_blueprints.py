"""A blueprint is read like a program is compiled: a value, or everything that is wrong with it."""

import re
from datetime import timedelta
from importlib import resources

import pytest

from laidan.blueprints.loader import SOURCE_MAX, BlueprintError, load
from laidan.domain.orders.core import CATEGORIES

SHIPPED = {
    entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
    for entry in resources.files("laidan.blueprints").iterdir()
    if entry.name.endswith(".toml")
}
SMALL = """
code = "loan"
label = { en = "Loan", zh-hans = "借用" }
number_prefix = "LN"

[policies]
line_kinds = ["goods"]
reserve_at = "placing"

[fields.due_on]
kind = "date"
min = 2026-01-01

[line_fields.size]
kind = "choice"
choices = ["S", "M"]

[placing]
effects = ["reserve"]
to = "wanted"

[states.wanted]
category = "open"
deadlines = [{ anchor = "state", after = "2d", transition = "drop", reason = "expired" }]
late_after = "1d"
editable = ["notes"]

[states.gone]
category = "cancelled"

[[transitions]]
name = "drop"
from = ["wanted"]
to = "gone"
actors = ["S", "T"]
effects = ["release"]
guards = ["nothing_shipped"]
needs = ["reason"]
stopped_by = ["order"]
style = "danger"

[[transitions]]
name = "remind"
from = ["wanted"]
to = "same"
actors = ["S"]
"""


def faults_of(source: str) -> list[str]:
    with pytest.raises(BlueprintError) as found:
        load(source)
    return found.value.faults


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_what_is_shipped_loads(code):
    blueprint = load(SHIPPED[code], 7)
    assert blueprint.key == (code, 7)
    for state in blueprint.states.values():
        assert state.category in CATEGORIES
        assert state.label["zh-hans"] != state.label["en"]
        assert state.icon
    for versions in blueprint.transitions.values():
        for transition in versions:
            assert transition.label["zh-hans"] != transition.label["en"]
            assert re.fullmatch(r"order\.[a-z_]+", transition.event)


def test_a_small_one_says_what_was_written():
    blueprint = load(SMALL)
    wanted = blueprint.states["wanted"]
    assert (wanted.late_after, wanted.editable) == (timedelta(days=1), {"notes"})
    (deadline,) = wanted.deadlines
    assert (deadline.after, deadline.transition) == (timedelta(days=2), "drop")
    drop = blueprint.find("drop", "wanted")
    assert drop is not None
    assert (drop.right, drop.event, drop.actors) == ("orders:write", "order.drop", {"S", "T"})
    assert blueprint.find("drop", "gone") is None
    assert blueprint.find("fly", "wanted") is None
    assert blueprint.fields["due_on"].minimum == "2026-01-01"
    assert blueprint.placing_effects == ("reserve",)


def test_a_name_may_start_at_several_states_with_other_ends():
    source = SMALL + (
        '[[transitions]]\nname = "drop"\nfrom = ["gone"]\nto = "wanted"\nactors = ["S"]\n'
    )
    blueprint = load(source)
    assert blueprint.find("drop", "gone").branches[0].state == "wanted"
    assert blueprint.find("drop", "wanted").branches[0].state == "gone"


WRONG = [
    ("unknown key at the top", ('code = "loan"', 'code = "loan"\ncolour = "red"'), "'colour'"),
    ("no code", ('code = "loan"', ""), "code must be"),
    ("a code in capitals", ('code = "loan"', 'code = "Loan"'), "code must be"),
    ("a code too long", ('code = "loan"', f'code = "{"l" * 30}"'), "code must be"),
    ("a code that is a number", ('code = "loan"', "code = 5"), "code must be a text"),
    ("a small prefix", ('"LN"', '"ln"'), "number_prefix"),
    ("a label without English", ('{ en = "Loan", ', "{ "), '"en"'),
    ("a label of numbers", ('en = "Loan"', "en = 1"), "label must hold texts"),
    ("an unknown line kind", ('["goods"]', '["gods"]'), "'gods'"),
    ("no line kind", ('line_kinds = ["goods"]', ""), "line_kinds is empty"),
    ("an unknown policy", ("line_kinds", "line_kind"), "'line_kind'"),
    ("a policy against placing", ('"placing"', '"never"'), "reserved at 'never'"),
    ("an unknown field kind", ('kind = "date"', 'kind = "day"'), "kind = 'day'"),
    ("a bound of another kind", ("min = 2026-01-01", "min = 5"), "min must be"),
    ("a bound on a choice", ('choices = ["S", "M"]', 'choices = ["S"]\nmax = 5'), "max must be"),
    ("a choice without choices", ('choices = ["S", "M"]', ""), "choices belong"),
    ("choices without a choice", ("min = 2026-01-01", 'choices = ["x"]'), "choices belong"),
    ("required, perhaps", ("min = 2026-01-01", 'required = "perhaps"'), "true or false"),
    ("a length below nothing", ("min = 2026-01-01", "length_max = -1"), "length_max"),
    ("a length of truth", ("min = 2026-01-01", "length_max = true"), "length_max"),
    ("a field in capitals", ("[fields.due_on]", "[fields.DUE]"), "fields.DUE"),
    ("a field that is no table", ("[fields.due_on]\nkind", "[fields]\ndue_on = 5\n#"), "a table"),
    ("placing nowhere", ('to = "wanted"', ""), "placing: to is missing"),
    ("placing at an unknown state", ('to = "wanted"', 'to = "lost"'), "'lost'"),
    ("placing at the same", ('to = "wanted"', 'to = "same"'), "'same'"),
    ("placing by an effect of transitions", ('effects = ["reserve"]', 'effects = ["ship"]'),
     "placing: effects has 'ship'"),
    ("placing that grants what it reserves",
     ('to = "wanted"', 'to = [{ state = "wanted", effects = ["grant"] }]'), "granted at once"),
    ("every target with a condition",
     ('to = "wanted"', 'to = [{ state = "wanted", when = ["paid_in_full"] }]'), "no condition"),
    ("an unknown condition",
     ('to = "wanted"', 'to = [{ state = "wanted", when = ["rich"] }, { state = "wanted" }]'),
     "'rich'"),
    ("an unknown category", ('category = "open"', 'category = "ajar"'), "'ajar'"),
    ("a state called same", ("[states.gone]", "[states.same]"), "states.same"),
    ("a state in capitals", ("[states.gone]", "[states.GONE]"), "states.GONE"),
    ("an unknown key of a state", ("late_after", "late"), "'late'"),
    ("a span without unit", ('late_after = "1d"', 'late_after = "1"'), "late_after must be"),
    ("a span that is a number", ('late_after = "1d"', "late_after = 1"), "late_after must be"),
    ("a part that cannot be edited", ('editable = ["notes"]', 'editable = ["total"]'), "'total'"),
    ("a deadline without span", ('after = "2d", ', ""), "after is missing"),
    ("a deadline with an unknown anchor", ('anchor = "state"', 'anchor = "moon"'), "'moon'"),
    ("a deadline that starts elsewhere", ('transition = "drop"', 'transition = "fly"'), "'fly'"),
    ("a deadline that the clock may not take", ('actors = ["S", "T"]', 'actors = ["S"]'),
     "the clock (T) may not"),
    ("a deadline that comes again for ever",
     ('to = "gone"', 'to = [{ state = "gone", when = ["paid_in_full"] }, { state = "same" }]'),
     "for ever"),
    ("a deadline with a long reason", ('reason = "expired"', 'reason = "it is over"'), "reason"),
    ("a transition called hold", ('name = "remind"', 'name = "hold"'), "not hold or release"),
    ("a transition without name", ('name = "remind"', ""), "name must be"),
    ("a transition from nowhere", ('from = ["wanted"]\nto = "same"', 'to = "same"'),
     "from is missing"),
    ("a transition from an unknown state", ('from = ["wanted"]', 'from = ["lost"]'), "'lost'"),
    ("a transition by nobody", ('actors = ["S"]', ""), "actors is missing"),
    ("a transition by an unknown actor", ('actors = ["S", "T"]', 'actors = ["S", "T", "Z"]'),
     "'Z'"),
    ("a transition to nowhere", ('to = "same"', ""), "to is missing"),
    ("an unknown guard", ("nothing_shipped", "nothing_wrong"), "'nothing_wrong'"),
    ("an unknown effect", ('effects = ["release"]', 'effects = ["explode"]'), "'explode'"),
    ("an unknown need", ('needs = ["reason"]', 'needs = ["love"]'), "'love'"),
    ("an unknown hold", ('stopped_by = ["order"]', 'stopped_by = ["mood"]'), "'mood'"),
    ("an unknown style", ('style = "danger"', 'style = "pink"'), "'pink'"),
    ("an event of many words", ('style = "danger"', 'event = "It is over!"'), "event must be"),
    ("guards that are numbers", ('["nothing_shipped"]', "[1]"), "list of texts"),
    ("transitions that are no list", ("[[transitions]]\nname = \"drop\"",
     "[transitions]\nname = \"drop\""), "TOML"),
    ("a name that starts twice at a state", ('name = "remind"', 'name = "drop"'), "starts twice"),
    ("a state that nobody reaches", ("[states.gone]", "[states.odd]\n[states.gone]"),
     "'odd' cannot be reached"),
    ("no end", ('category = "cancelled"', 'category = "open"'), "no final state"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "named"), [case[1:] for case in WRONG],
                         ids=[case[0] for case in WRONG])  # fmt: skip
def test_each_fault_is_named(change, named):
    assert change[0] in SMALL
    found = faults_of(SMALL.replace(*change))
    assert any(named in fault for fault in found), found


def test_all_faults_are_named_at_once():
    found = faults_of(
        SMALL.replace('"LN"', '"ln"').replace('"danger"', '"pink"').replace('"2d"', '"soon"')
    )
    assert len(found) == 3


@pytest.mark.parametrize(
    "source",
    [
        "",
        "code = ",
        "\x00",
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "9" * 5000,
        "a = 0x" + "f" * 100_000,
        "d = 2026-13-45",
        "#" * (SOURCE_MAX + 1),
        'code = "a"\ncode = "b"',
        "states = 5\ntransitions = 5\nplacing = 5\nfields = 5\npolicies = 5",
        "[[states]]\n[[fields]]\n[[placing]]\n[[policies]]",
        "transitions = [1, 2]",
        "[states.a]\ndeadlines = 5",
        "[states.a]\ndeadlines = [5]",
        "[placing]\nto = 5",
        "[placing]\nto = [5]",
    ],
)
def test_rubbish_is_refused_and_nothing_else(source):
    assert faults_of(source)
