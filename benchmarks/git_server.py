"""A git server on the loopback for benchmarks: ``python -m benchmarks.git_server FOLDER`` prints its address.

It serves the bare repositories in the folder until its standard input ends.
"""

import sys
from pathlib import Path

from tests.git_http import serving


def run(root: Path) -> None:
    with serving(root) as server:
        print(server.url("").rstrip("/"), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    run(Path(sys.argv[1]))
