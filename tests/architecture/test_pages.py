"""What the templates and the bundled pages promise each other."""

import re
import tomllib

from architecture.sources import ROOT, project_files

ICONS = ROOT / "frontend/icons.txt"
USED_ICON = re.compile(r"""\{%\s*icon\s+["']([\w-]+)["']|icons\.svg#([\w-]+)""")
INLINE = re.compile(r"<script(?![^>]*(?:\bsrc=|application/json))|\son\w+=|\sstyle=", re.IGNORECASE)


def templates() -> dict[str, str]:
    """Every template of the pages with its text."""
    return {
        path: (ROOT / path).read_text(encoding="utf-8")
        for path in project_files()
        if path.startswith("src/laidan/interfaces/web/") and path.endswith(".html")
    }


def packed_icons() -> list[str]:
    """The names in icons.txt."""
    lines = ICONS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_every_icon_that_a_template_uses_is_packed():
    used = {
        first or second
        for text in templates().values()
        for first, second in USED_ICON.findall(text)
    }
    assert used - set(packed_icons()) == set()


def test_every_icon_that_a_shipped_order_type_names_is_packed():
    named = set()
    for path in (ROOT / "src/laidan/blueprints").glob("*.toml"):
        states = tomllib.loads(path.read_text(encoding="utf-8")).get("states", {})
        named |= {state["icon"] for state in states.values() if state.get("icon")}
    assert named - set(packed_icons()) == set()


def test_icons_are_listed_once():
    names = packed_icons()
    assert names
    assert len(names) == len(set(names))


def test_templates_hold_to_the_content_security_policy():
    """No inline script, handler or style: the browser would refuse them."""
    found = [path for path, text in templates().items() if INLINE.search(text)]
    assert found == []


def test_the_package_lock_names_no_registry():
    lock = (ROOT / "frontend/package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
