"""Writes the locked versions: ``[tool.uv] constraint-dependencies`` in pyproject.toml and requirements.lock.

Both hold exact versions of everything; requirements.lock adds hashes and is what images install from. Neither
holds a download address, so they serve with any index. Run by ``make lock``; ``--upgrade`` asks for the newest
versions that pyproject.toml's ranges allow, without it only what is missing or no longer fits moves.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"
_BLOCK = re.compile(r"(?m)^constraint-dependencies = \[[^\]]*\]\n")


def uv(*arguments: str) -> str:
    return subprocess.run(["uv", *arguments], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def with_constraints(text: str, pins: list[str]) -> str:
    """pyproject.toml's text with exactly these constraints."""
    block = "constraint-dependencies = [\n" + "".join(f'    "{pin}",\n' for pin in pins) + "]\n"
    if _BLOCK.search(text):
        return _BLOCK.sub(block, text)
    if "[tool.uv]\n" in text:
        return text.replace("[tool.uv]\n", f"[tool.uv]\n{block}", 1)
    return f"{text.rstrip()}\n\n[tool.uv]\n{block}"


def pinned(exported: str) -> list[str]:
    """``name==version`` of each exported requirement, without markers and comments, sorted."""
    found = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", exported)
    return sorted({f"{name}=={version}" for name, version in found})


def main() -> None:
    upgrade = "--upgrade" in sys.argv[1:]
    text = PROJECT.read_text()
    if upgrade:
        PROJECT.write_text(with_constraints(text, []))
    uv("lock", *(["--upgrade"] if upgrade else []))
    everything = uv("export", "--quiet", "--all-groups", "--all-extras", "--no-hashes", "--no-emit-project")
    PROJECT.write_text(with_constraints(PROJECT.read_text(), pinned(everything)))
    uv("lock")
    product = uv("export", "--quiet", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate")
    head = "# Exact versions with hashes of what the product needs at run time; written by `make lock`.\n"
    LOCK.write_text(head + product)


if __name__ == "__main__":
    main()
