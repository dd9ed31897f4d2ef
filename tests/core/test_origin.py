"""From where a call comes: whom proxies in front are believed about, and texts that fit the log."""

import pytest

from laidan.engine import origin

PROXIES = origin.networks_of(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.2.0.1", "198.51.100.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "rubbish<script>", "10.0.0.1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str, found: str) -> None:
    assert origin.client_address(peer, forwarded, PROXIES) == found


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert origin.client_address("127.0.0.1", "198.51.100.7", ()) == "127.0.0.1"


def test_a_wrong_network_is_named() -> None:
    with pytest.raises(ValueError, match="rubbish"):
        origin.networks_of(["rubbish"])


def test_the_context_ends_with_its_block_and_texts_are_cut() -> None:
    assert origin.current() == origin.NOWHERE
    made = origin.origin_of(origin.PAGE, agent="a\r\n\x00\ud800" + "x" * 999, address="1" * 99)
    assert (made.agent[:4], len(made.agent), len(made.address)) == ("a?xx", 200, 45)
    with origin.coming_from(made):
        assert origin.current() is made
    assert origin.current() == origin.NOWHERE
