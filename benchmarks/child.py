"""A process of the benchmarks that is asked, and answers, in lines of JSON."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0
"""Seconds for a process to end once nobody asks it any more."""


class Child:
    """`python -m MODULE ARGUMENTS`, talked to through its standard input and output."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def ask(self, question: object) -> Any:
        """The answer to one question."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> Any:
        """The next line that it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait(PATIENCE)}")
        return json.loads(line)

    def end(self) -> None:
        """Ask nothing more, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


def memory(pid: int | str = "self") -> dict[str, float]:
    """What a process holds in memory now and held at its most, in MB (VmRSS, VmHWM).

    Not getrusage's ru_maxrss: a process inherits that from whoever started it.
    """
    found = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"now": int(found["VmRSS"].split()[0]) / 1024, "most": int(found["VmHWM"].split()[0]) / 1024}
