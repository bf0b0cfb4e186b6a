"""Here the children themselves are tested: each test starts its own."""

from __future__ import annotations

import pytest

from tests.kept_children import end_kept_children


@pytest.fixture(autouse=True)
def kept_children() -> None:
    end_kept_children()
