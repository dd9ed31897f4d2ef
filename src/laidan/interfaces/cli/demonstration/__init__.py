"""The demo shop: made up from word lists, the same from the same seed."""
