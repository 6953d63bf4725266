"""Every operation is a test of its own, also where several workers share them out by their ids."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the operation in the id of a test, as in its name: of tests with one id, workers run one."""
    for item in items:
        if operation := getattr(item, "operation_label", None):
            # Schemathesis names its tests as pytest did before 9.2, which reads an id from elsewhere.
            item._id = item.id.with_params(operation)
