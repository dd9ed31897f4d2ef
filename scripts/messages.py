"""The translations: compile each `.po` under `src`, or list what a catalogue lacks.

`messages.py` compiles; `messages.py missing` prints the texts that have no entry yet as one.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

SOURCES = Path(__file__).resolve().parent.parent / "src"
CATALOGUE = SOURCES / "laidan/interfaces/locale/zh_Hans/LC_MESSAGES/django.po"
# What the functions of gettext are called, and how many texts each takes.
TEXTS = {
    "_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2,
}  # fmt: skip
# Django turns a template into lines such as `gettext(u"Sign in")` for tools that read C.
CALL = re.compile(r"\b(ngettext|gettext|_)\(\s*(u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))")
SECOND = re.compile(r"\s*,\s*(u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))")


class Text(NamedTuple):
    """A text of the sources: in the singular and, where it counts something, in the plural."""

    singular: str
    plural: str
    place: str


def texts() -> Iterator[Text]:
    """Find every text that the sources hand to gettext."""
    for path in sorted(SOURCES.rglob("*.py")):
        yield from _in_python(path)
    for path in sorted(SOURCES.rglob("templates/**/*.html")):
        yield from _in_template(path)


def _in_python(path: Path) -> Iterator[Text]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        count = TEXTS.get(name, 0)
        given = [one.value for one in node.args[:count] if isinstance(one, ast.Constant)]
        if count and len(given) == count:
            plural = str(given[1]) if count == 2 else ""
            yield Text(str(given[0]), plural, f"{path.relative_to(SOURCES)}:{node.lineno}")


def _in_template(path: Path) -> Iterator[Text]:
    from django.utils.translation.template import templatize

    place = str(path.relative_to(SOURCES))
    source = templatize(path.read_text(encoding="utf-8"))
    for found in CALL.finditer(source):
        second = SECOND.match(source, found.end()) if found[1] == "ngettext" else None
        plural = ast.literal_eval(second[1]) if second else ""
        yield Text(ast.literal_eval(found[2]), plural, place)


def compile_all() -> None:
    """Compile every catalogue that is there."""
    for path in sorted(SOURCES.rglob("*.po")):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
        print(f"Compiled {path.relative_to(SOURCES)}")


def print_missing() -> None:
    """Print an empty entry for every text that the catalogue lacks."""
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE))} if CATALOGUE.exists() else set()
    for text in texts():
        if text.singular in known:
            continue
        known.add(text.singular)
        entry = polib.POEntry(msgid=text.singular, comment=text.place)
        if text.plural:
            entry = polib.POEntry(
                msgid=text.singular, msgid_plural=text.plural, msgstr_plural={0: ""}
            )
        print(entry)


if __name__ == "__main__":
    if sys.argv[1:] == ["missing"]:
        from django.conf import settings

        # Django reads templates only where it is set up.
        settings.configure()
        print_missing()
    else:
        compile_all()
