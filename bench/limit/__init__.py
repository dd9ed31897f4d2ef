"""What the database itself can do with five-line orders on this machine."""
