"""Looking at targets' URLs in a process that ends, so that the memory which apprise takes for it is given back.

`python -m alertd.notify.url_check` reads a JSON list of URLs, which are secrets, from standard input.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

from alertd.notify.channels import url_mistake

_PATIENCE = 60.0
"""Seconds; it takes one."""


def url_mistakes(urls: Sequence[str]) -> list[str | None]:
    """What `channels.url_mistake` says of each, without loading apprise here where it is not loaded yet."""
    if urls and "apprise" not in sys.modules:
        try:
            return _ask_another(urls)
        except (OSError, subprocess.SubprocessError, ValueError):
            pass  # a server that lets nobody start a process; then the memory is spent
    return [url_mistake(url) for url in urls]


def _ask_another(urls: Sequence[str]) -> list[str | None]:
    # -P: the folder that alertd was started in may hold a file of any name.
    command = [sys.executable, "-P", "-m", __name__]
    done = subprocess.run(  # noqa: S603 - our own module
        command, input=json.dumps(urls), capture_output=True, text=True, timeout=_PATIENCE, check=True
    )
    found: list[str | None] = json.loads(done.stdout)
    if len(found) != len(urls):
        raise ValueError("not an answer for each")
    return found


if __name__ == "__main__":
    print(json.dumps([url_mistake(url) for url in json.load(sys.stdin)]))  # noqa: T201 - its answer
