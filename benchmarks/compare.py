"""Other tools on the same repositories, in the same run as the floor and ``plumbline assess``.

    uv run python benchmarks/compare.py MIRROR [MIRROR ...] --tools FOLDER [--json [FILE]]

Installs what is missing into FOLDER, which is outside of any checkout: cloc and repolinter from npm, semgrep, checkov
and repo-review (with sp-repo-review) from PyPI, each in a prefix or virtual environment of its own and without running
install scripts. A tool that cannot be installed is left out with the reason.

These tools read a working copy, so the files of HEAD are laid out in a temporary folder first, which is not counted:
without links, filters or hooks, and without files that tell a tool to load code. Nothing of the repository is run.
Told are seconds as multiples of d (``benchmarks.scan``) and of Plumbline's cold process, and how many checks each made.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.floor import (  # noqa: E402
    Spent,
    assess_command,
    assess_environment,
    blobs_at_head,
    floor,
    git,
    least,
    spent,
)
from benchmarks.machine import Run, load, result_file  # noqa: E402

REPEATS = 3
SLOW = 10.0
"""Seconds beyond which a tool is measured once."""
LIMIT = 600.0
RULES = ROOT / "benchmarks" / "semgrep.yml"
LOADING_CODE = (".checkov.yaml", ".checkov.yml")
"""Configuration of a repository with which a tool would load that repository's own code."""


@dataclass(frozen=True)
class Tool:
    """``command`` gives what to run on a folder, ``checks`` reads from its output how many checks it made."""

    name: str
    packages: tuple[str, ...]
    registry: str
    command: Callable[[Path, Path], list[str]]
    checks: Callable[[str], int]
    good: tuple[int, ...] = (0, 1)


def _checkov_checks(printed: str) -> int:
    found = json.loads(printed)
    made = set()
    for part in found if isinstance(found, list) else [found]:
        for kind in ("passed_checks", "failed_checks", "skipped_checks"):
            made |= {one["check_id"] for one in part.get("results", {}).get(kind, ())}
    return len(made)


def _repolinter_checks(printed: str) -> int:
    return sum(1 for one in json.loads(printed)["results"] if one["status"] != "IGNORED")


def _repo_review_checks(printed: str) -> int:
    return sum(1 for one in json.loads(printed)["checks"].values() if one["result"] is not None)


TOOLS = (
    Tool(
        "cloc",
        ("cloc",),
        "npm",
        lambda tool, tree: [f"{tool}/node_modules/.bin/cloc", "--json", "--quiet", str(tree)],
        lambda printed: 0,
    ),
    Tool(
        "repolinter",
        ("repolinter",),
        "npm",
        lambda tool, tree: [
            f"{tool}/node_modules/.bin/repolinter",
            "lint",
            str(tree),
            "--format=json",
            f"--rulesetFile={tool}/node_modules/repolinter/rulesets/default.json",
        ],
        _repolinter_checks,
    ),
    Tool(
        "semgrep",
        ("semgrep",),
        "PyPI",
        lambda tool, tree: [
            f"{tool}/bin/semgrep",
            "scan",
            "--metrics=off",
            "--disable-version-check",
            "--no-git-ignore",
            "--quiet",
            "--json",
            f"--config={RULES}",
            str(tree),
        ],
        lambda printed: 10 if json.loads(printed)["paths"]["scanned"] else 0,
    ),
    Tool(
        "checkov",
        ("checkov",),
        "PyPI",
        lambda tool, tree: [
            f"{tool}/bin/checkov",
            "--skip-download",
            "--compact",
            "--output=json",
            f"--directory={tree}",
        ],
        _checkov_checks,
    ),
    Tool(
        "repo-review",
        ("repo-review[cli]", "sp-repo-review"),
        "PyPI",
        lambda tool, tree: [f"{tool}/bin/repo-review", "--format=json", str(tree)],
        _repo_review_checks,
        (0, 1, 2, 3),
    ),
)


def install(tool: Tool, folder: Path) -> str:
    """Puts the tool into ``folder``; gives its version. Raises RuntimeError with the reason where that fails."""
    mark = folder / "installed.json"
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if tool.registry == "npm":
            _run(
                ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]
                + [str(folder), *tool.packages]
            )
            text = (folder / "node_modules" / tool.packages[0] / "package.json").read_text()
            version = json.loads(text)["version"]
        else:
            _run([sys.executable, "-m", "venv", str(folder)])
            pip = [str(folder / "bin" / "pip"), "--quiet", "--disable-pip-version-check"]
            _run([*pip, "install", "--only-binary=:all:", "--prefer-binary", *tool.packages])
            asked = f"from importlib.metadata import version; print(version({tool.name!r}))"
            version = _run([str(folder / "bin" / "python"), "-c", asked]).strip()
        mark.write_text(json.dumps(version))
    found: str = json.loads(mark.read_text())
    return found


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT).stdout
    except FileNotFoundError:
        raise RuntimeError(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise RuntimeError("installing took too long") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()
        raise RuntimeError(said[-1][:200] if said else f"exit code {error.returncode}") from None


def lay_out(mirror: Path, place: Path) -> int:
    """Writes the files of HEAD to ``place`` and gives their number; of links there is the text they hold."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    head = git(mirror, "rev-parse", "HEAD").decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        inside = ["git", "-C", folder, "-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null"]
        subprocess.run(["git", "init", "--quiet", folder], env=environment, check=True)
        Path(folder, ".git/objects/info/alternates").write_text(f"{mirror.absolute() / 'objects'}\n")
        subprocess.run([*inside, "read-tree", head], env=environment, check=True)
        # Files whose objects the mirror lacks are left out.
        subprocess.run(
            [*inside, "checkout-index", "--all", "--force", "--quiet", f"--prefix={place}/"],
            env=environment,
            capture_output=True,
        )
    for name in LOADING_CODE:
        for file in place.rglob(name):
            file.unlink()
    return sum(1 for one in place.rglob("*") if one.is_file())


def tool_environment(home: Path) -> dict[str, str]:
    """No settings of a person, no network."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "SEMGREP_SEND_METRICS": "off",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }


def measure(tool: Tool, folder: Path, tree: Path, work: Path) -> dict[str, Any]:
    """Seconds and checks of one tool on one working copy; or why there are none."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    printed = work / "printed"
    command, environment = tool.command(folder, tree), tool_environment(home)
    times: list[Spent] = []
    try:
        while len(times) < REPEATS and (not times or times[-1].wall < SLOW):
            times.append(spent(command, environment, output=printed, good=tool.good, folder=home))
        checks = tool.checks(printed.read_text())
    except (subprocess.CalledProcessError, ValueError, KeyError) as error:
        said = getattr(error, "stderr", b"") or b""
        last = (said.decode("utf-8", "replace").strip().splitlines() or [str(error)])[-1]
        return {"tool": tool.name, "failed": last[:200]}
    best = least(times)
    return {
        "tool": tool.name,
        "ms": round(best.wall * 1000),
        "cpu_ms": round(best.cpu * 1000),
        "checks": checks,
    }


def compared(mirror: Path, tools: list[tuple[Tool, Path]], work: Path) -> dict[str, Any]:
    """One repository: d, Plumbline, and every tool."""
    environment, command = assess_environment(work), assess_command(mirror)
    blobs = blobs_at_head(mirror)
    spent(command, environment)
    row: dict[str, Any] = {
        "repository": mirror.parent.name if mirror.name == "repo" else mirror.stem,
        "load": load(),
    }
    floors, cold = [], []
    tree = work / "tree"
    row["files"] = lay_out(mirror, tree)
    row["tools"] = []
    for place in range(REPEATS):
        floors.append(floor(mirror, blobs))
        cold.append(spent(command, environment))
        for tool, folder in tools[place::REPEATS]:
            row["tools"].append(measure(tool, folder, tree, work))
    shutil.rmtree(tree)
    d, ours = least(floors), least(cold)
    row["d_ms"], row["d_cpu_ms"] = round(d.wall * 1000, 1), round(d.cpu * 1000, 1)
    order = [tool.name for tool, _ in tools]
    row["tools"].sort(key=lambda one: order.index(one["tool"]))
    row["tools"].insert(
        0,
        {
            "tool": "Plumbline",
            "ms": round(ours.wall * 1000),
            "cpu_ms": round(ours.cpu * 1000),
            "checks": 100,
        },
    )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirrors", nargs="+", type=Path)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("compare"))
    arguments = parser.parse_args()
    run = Run("compare")
    tools, versions, missing = [], {}, {}
    for tool in TOOLS:
        folder = arguments.tools.absolute() / tool.name
        try:
            versions[tool.name] = install(tool, folder)
            tools.append((tool, folder))
        except RuntimeError as error:
            missing[tool.name] = str(error)
            print(f"{tool.name} is left out: {error}", file=sys.stderr)
    rows = []
    print(f"{'repository':<40} {'tool':<12} {'ms':>8} {'× d':>8} {'× ours':>7} {'checks':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for mirror in arguments.mirrors:
            row = compared(mirror.absolute(), tools, Path(folder))
            rows.append(row)
            ours = row["tools"][0]["ms"]
            for one in row["tools"]:
                if "failed" in one:
                    print(f"{row['repository']:<40} {one['tool']:<12} failed: {one['failed']}")
                    continue
                print(
                    f"{row['repository']:<40} {one['tool']:<12} {one['ms']:>8} {one['ms'] / row['d_ms']:>8.1f} "
                    f"{one['ms'] / ours:>7.2f} {one['checks']:>7}",
                    flush=True,
                )
    if arguments.json:
        run.keep(arguments.json, {"repositories": rows, "versions": versions, "left_out": missing})


if __name__ == "__main__":
    main()
