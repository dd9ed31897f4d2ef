"""Limits of how often something may be asked for."""

from laidan.engine.rates import Rate


def test_a_minute_s_limit_holds_for_each_name_and_ends_with_the_minute() -> None:
    at = [120.0]
    rate = Rate(2, clock=lambda: at[0])
    assert [rate.count("a") for _ in range(4)] == [0, 0, 60, 60]
    assert (rate.count("b"), rate.wait("a"), rate.wait("b"), rate.wait("c")) == (0, 60, 0, 0)
    at[0] = 175.5
    assert rate.count("a") == 5
    at[0] = 180.0
    assert rate.count("a") == 0
