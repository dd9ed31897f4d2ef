"""Order types as data: shipped TOML, its compiler, and what it says about one order."""
