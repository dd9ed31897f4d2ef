"""Write the JSON Schemas of the events of the shipped order types to docs/events, one file each.

    .venv/bin/python scripts/event_schemas.py

A test asks whether they are what the program says.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "events"


def texts() -> dict[str, str]:
    """Return each file's text by its name."""
    from laidan.blueprints import library, loader
    from laidan.insights.event_types import types_of
    from laidan.interfaces.api.event_schemas import event_schemas

    types = types_of(loader.load(source) for source in library.shipped_sources().values())
    return {
        f"{type_}.json": json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for type_, schema in event_schemas(types).items()
    }


def main() -> int:
    """Write the files and remove those of types that are gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    import django

    django.setup()
    FOLDER.mkdir(exist_ok=True)
    made = texts()
    for path in FOLDER.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
