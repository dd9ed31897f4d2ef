"""The load generator as a command of its own, against a server that is running already."""
