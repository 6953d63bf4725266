import json
import urllib.request
from pathlib import Path

import pytest

from app.runtime import site
from app.runtime.errors import CannotStart


@pytest.mark.slow
def test_a_site_answers_at_its_own_address_until_it_is_stopped(
    servers: dict[str, str], tmp_path: Path
) -> None:
    running = site.start_site(tmp_path, servers)

    with urllib.request.urlopen(f"{running.url}/readyz") as answer:
        body = json.load(answer)
    running.stop()

    assert body["status"] == "ready"
    assert [child.process for child in running.children if child.process is not None] == []


@pytest.mark.slow
def test_a_site_that_cannot_start_says_where_to_look_and_leaves_nothing(
    servers: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(CannotStart, match=r"ended at once; see .*\.log\.$"):
        site.start_site(tmp_path, servers | {"LAUREL_MODE": "nonsense"})
