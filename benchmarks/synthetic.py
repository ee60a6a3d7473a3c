"""A repository made up the same way every time: a few hundred files of several languages, in one bare mirror.

Its content depends on nothing but this module: no clock, no chance, no file of this machine. So do its blobs' ids, and
whoever measures it measures the same. ``FILES`` says how many there are.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

SERVICES = ("orders", "payments", "catalogue", "shipping", "accounts", "search", "reviews", "billing")
MODULES = 14
_STAMP = "1704067200 +0000"

_PYTHON = '''"""Keeps {thing} and answers questions about them."""

import logging
from dataclasses import dataclass

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from {service}.database import session
from {service}.settings import settings

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/{thing}", tags=["{thing}"])


@dataclass(frozen=True)
class Item{number}:
    """One of the {thing}."""

    key: int
    name: str
    price: float = {number}.5


@router.get("/{{key}}")
def read_{number}(key: int, db: Session = Depends(session)) -> Item{number}:
    """The one with this key."""
    found = db.get(Item{number}, key)
    if found is None:
        logger.warning("unknown %s", key)
        raise HTTPException(status_code=404)
    return found


def total_{number}(rows: list[Item{number}]) -> float:
    """What all of them cost."""
    result = 0.0
    for row in rows:
        if row.price > settings.limit:
            continue
        result += row.price
    return result
'''
_TEST = '''"""Tests of {thing} {number}."""

import pytest

from {service}.api.{thing}_{number} import Item{number}, total_{number}


@pytest.mark.parametrize("price, expected", [(1.0, 2.0), (2.0, 4.0)])
def test_total_{number}(price: float, expected: float) -> None:
    assert total_{number}([Item{number}(1, "a", price), Item{number}(2, "b", price)]) == expected
'''
_TYPESCRIPT = """import express, {{ Request, Response }} from 'express';
import {{ z }} from 'zod';
import {{ prisma }} from '../prisma';

export const schema{number} = z.object({{ id: z.number(), name: z.string().max({number}) }});

/** Answers with the {thing} of one customer. */
export async function list{number}(req: Request, res: Response): Promise<void> {{
  const parsed = schema{number}.safeParse(req.query);
  if (!parsed.success) {{
    res.status(400).json({{ error: parsed.error }});
    return;
  }}
  const rows = await prisma.item.findMany({{ where: {{ id: parsed.data.id }}, take: {number} }});
  res.json(rows.map((row) => ({{ ...row, label: `${{row.id}}-{thing}` }})));
}}

export const router{number} = express.Router().get('/{thing}/{number}', list{number});
"""
_GO = """package {thing}

import (
\t"context"
\t"database/sql"
\t"fmt"
\t"net/http"
)

// Store{number} reads {thing} from the database.
type Store{number} struct{{ db *sql.DB }}

// Find{number} gives one of the {thing}, or an error where there is none.
func (s *Store{number}) Find{number}(ctx context.Context, id int64) (string, error) {{
\tvar name string
\trow := s.db.QueryRowContext(ctx, "SELECT name FROM {thing} WHERE id = $1", id)
\tif err := row.Scan(&name); err != nil {{
\t\treturn "", fmt.Errorf("find {thing} {number}: %w", err)
\t}}
\treturn name, nil
}}

// ServeHTTP says how it goes.
func (s *Store{number}) ServeHTTP(w http.ResponseWriter, r *http.Request) {{
\tfmt.Fprintln(w, "ok {number}")
}}
"""
_JAVA = """package org.example.{thing};

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The {thing} of a shop. */
@RestController
public class Controller{number} {{
    private static final Logger LOG = LoggerFactory.getLogger(Controller{number}.class);

    @GetMapping("/{thing}/{number}")
    public List<String> all() {{
        LOG.info("asked for {{}}", {number});
        return List.of("a", "b", "c");
    }}
}}
"""
_TERRAFORM = """resource "aws_s3_bucket" "{thing}_{number}" {{
  bucket = "example-{thing}-{number}"

  tags = {{
    service = "{thing}"
  }}
}}
"""
_DOCS = """# {thing} {number}

How {thing} are kept, and what happens when a customer asks for one that is gone.

| call | answer |
| --- | --- |
| `GET /{thing}/{number}` | 200, or 404 |

```sh
curl https://shop.example.org/{thing}/{number}
```
"""
_FIXED = {
    "README.md": "# Shop\n\nA shop made of services.\n\n## Install\n\n    docker compose up\n\n## Test\n\n    make test\n",
    "LICENSE": "MIT License\n\nCopyright (c) Example\n",
    "Makefile": "test:\n\tpytest\nlint:\n\truff check .\n",
    ".gitignore": "node_modules/\n__pycache__/\n.env\n",
    ".pre-commit-config.yaml": (
        "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.6.0\n    hooks:\n      - id: ruff\n"
    ),
    ".github/workflows/ci.yml": (
        "name: CI\non: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  test:\n"
        "    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: ruff check .\n"
        "      - run: pytest --cov=. --cov-fail-under=80\n"
    ),
    ".github/dependabot.yml": (
        "version: 2\nupdates:\n  - package-ecosystem: pip\n    directory: /\n    schedule:\n      interval: weekly\n"
    ),
    "pyproject.toml": (
        '[project]\nname = "shop"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
        'dependencies = ["fastapi>=0.110", "sqlalchemy>=2", "alembic", "structlog", "prometheus-client"]\n\n'
        '[tool.ruff]\nline-length = 100\n\n[tool.mypy]\nstrict = true\n\n[tool.pytest.ini_options]\naddopts = "-ra"\n'
    ),
    "web/package.json": (
        '{"name": "web", "version": "1.0.0", "scripts": {"test": "vitest", "lint": "eslint ."},\n'
        ' "dependencies": {"express": "^4", "zod": "^3", "@prisma/client": "^5", "pino": "^9", "helmet": "^7"},\n'
        ' "devDependencies": {"typescript": "^5", "vitest": "^2", "eslint": "^9"}}\n'
    ),
    "web/tsconfig.json": '{"compilerOptions": {"strict": true, "target": "es2022"}}\n',
    "stock/go.mod": "module example.org/stock\n\ngo 1.22\n\nrequire github.com/lib/pq v1.10.9\n",
    "desk/pom.xml": (
        "<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>desk</artifactId>\n"
        "<dependencies><dependency><groupId>org.springframework.boot</groupId>\n"
        "<artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>\n"
    ),
    "compose.yaml": "services:\n  db:\n    image: postgres:16\n    healthcheck:\n      test: pg_isready\n  web:\n    build: .\n",
    "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install .\nUSER app\nCMD uvicorn orders.main:app\n",
}


def files() -> Iterator[tuple[str, str]]:
    """(path, content) of every file, always the same."""
    yield from _FIXED.items()
    for place, service in enumerate(SERVICES):
        yield f"{service}/settings.py", f'"""Settings of {service}."""\n\nlimit = {place}\n'
        for module in range(MODULES):
            number = place * MODULES + module
            known = {"service": service, "thing": service, "number": number}
            yield f"{service}/api/{service}_{number}.py", _PYTHON.format(**known) * (1 + module % 3)
            yield f"{service}/tests/test_{service}_{number}.py", _TEST.format(**known)
            yield f"web/src/{service}/route{number}.ts", _TYPESCRIPT.format(**known) * (1 + module % 2)
            if module % 2:
                yield f"stock/{service}/store{number}.go", _GO.format(**known)
            else:
                yield (
                    f"desk/src/main/java/org/example/{service}/Controller{number}.java",
                    _JAVA.format(**known),
                )
            if module % 3 == 0:
                yield f"infra/{service}_{number}.tf", _TERRAFORM.format(**known)
                yield f"docs/{service}/page{number}.md", _DOCS.format(**known)


FILES = sum(1 for _ in files())


def make(place: Path, content_of: Iterable[tuple[str, str]] | None = None) -> Path:
    """A new bare repository at ``place`` whose one commit holds the files, packed as a clone has them.

    ``content_of`` are other (path, content) than those of this module.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }

    def git(*arguments: str, stdin: bytes = b"") -> None:
        command = ["git", *arguments]
        subprocess.run(command, input=stdin, env=environment, check=True, capture_output=True)

    parts = [
        b"commit refs/heads/main\ncommitter Ann Author <ann@example.org> %s\ndata 5\nStart\n"
        % _STAMP.encode()
    ]
    for path, content in files() if content_of is None else content_of:
        raw = content.encode()
        parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(raw), raw))
    git("init", "--quiet", "--bare", "--initial-branch=main", str(place))
    git("-C", str(place), "fast-import", "--quiet", stdin=b"".join(parts))
    git("-C", str(place), "repack", "-a", "-d", "-f", "-q")
    return place
