"""One file per command: load, decide, write, in one transaction for a whole batch."""
