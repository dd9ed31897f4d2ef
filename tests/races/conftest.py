"""Lets failed assertions of what the races share say what they compared."""

import pytest

pytest.register_assert_rewrite("races.killing", "races.rushes", "races.tools")
