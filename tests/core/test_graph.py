"""A graph of states names everything that is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laidan.kernel.graph import Edge, StateGraph


def a_graph(edges: str, initial: str = "a", final: str = "z", extra: str = "") -> StateGraph:
    """A graph from words such as "ab bz": every letter is a state."""
    pairs = edges.split()
    return StateGraph(
        states=frozenset("".join(pairs) + initial + final + extra),
        initial=frozenset(initial),
        final=frozenset(final),
        edges=tuple(Edge(f"{pair[0]}-{pair[1]}", *pair) for pair in pairs),
    )


@pytest.mark.parametrize(
    ("graph", "faults"),
    [
        (a_graph("az"), []),
        (a_graph("ab bz bb ba"), []),
        (a_graph("ab bc cb bz"), []),
        (a_graph("", initial="a", final="a"), []),
        (a_graph("az", extra="q"), ["state 'q' cannot be reached", "state 'q' can never end"]),
        (a_graph("az ab"), ["state 'b' can never end"]),
        (a_graph("az bz"), ["state 'b' cannot be reached"]),
        (a_graph("az bc cb"), [f"state {s!r} {w}" for w in ("cannot be reached", "can never end")
                               for s in "bc"]),
        (a_graph("az", initial=""), ["there is no initial state"]),
        (a_graph("ab", final=""), ["there is no final state"]),
    ],
)  # fmt: skip
def test_faults_are_named(graph, faults):
    assert graph.faults() == faults


def test_unknown_states_are_named():
    graph = StateGraph(
        frozenset("az"),
        frozenset("x"),
        frozenset("y"),
        (Edge("go", "a", "q"), Edge("to", "p", "z")),
    )
    assert graph.faults() == [
        "initial state 'x' does not exist",
        "final state 'y' does not exist",
        "transition 'go' names the unknown state 'q'",
        "transition 'to' names the unknown state 'p'",
    ]


states = st.integers(0, 7).map(str)


@given(st.sets(st.tuples(states, states)), st.sets(states, min_size=1), st.sets(states, min_size=1))
def test_no_fault_means_that_every_walk_can_begin_and_end(pairs, initial, final):
    names = {name for pair in pairs for name in pair} | initial | final
    edges = tuple(Edge("go", *pair) for pair in pairs)
    faults = StateGraph(frozenset(names), frozenset(initial), frozenset(final), edges).faults()
    for name in names:
        reached = any(_walks(pairs, start, name) for start in initial)
        ends = any(_walks(pairs, name, end) for end in final)
        assert (f"state {name!r} cannot be reached" in faults) is not reached
        assert (f"state {name!r} can never end" in faults) is not ends


def _walks(pairs: set[tuple[str, str]], start: str, end: str) -> bool:
    """Walk as many steps as there are states; slow and plain, unlike what is tested."""
    at = {start}
    for _ in range(8):
        at |= {target for source, target in pairs if source in at}
    return end in at
