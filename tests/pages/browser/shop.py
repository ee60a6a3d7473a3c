"""A small service that is judged, and the commit that mends some of it."""


def _module(noun: str) -> str:
    """The source of one resource: handlers over a service, long enough to be judged as hand-written code."""
    return (
        f'"""{noun.title()} over HTTP."""\n\nfrom fastapi import APIRouter, HTTPException, Query\n'
        "from pydantic import BaseModel, Field\n\nfrom shop.storage import Storage\n\n"
        f"router = APIRouter(prefix='/v1/{noun}s')\n\n\n"
        f"class {noun.title()}(BaseModel):\n    number: int = Field(ge=1)\n"
        "    title: str = Field(max_length=200)\n\n\n"
        + "\n\n".join(
            f"@router.get('/{verb}')\n"
            f"def {verb}_{noun}(storage: Storage, limit: int = Query(50, le=200)) -> list[{noun.title()}]:\n"
            f'    """What {verb} finds."""\n    found = storage.read("{noun}", limit)\n    if not found:\n'
            f"        raise HTTPException(404, '{noun} not found')\n    return found\n"
            for verb in ("read", "list", "search", "count", "export", "archive")
        )
    )


FILES = {
    "README.md": "# Shop\n\nKeeps orders.\n\n## Start\n\n"
    + "".join(f"{n}. Step {n}.\n" for n in range(1, 12)),
    "pyproject.toml": (
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["fastapi", "uvicorn", "sqlalchemy"]\n'
    ),
    "Dockerfile": 'FROM python:3.12-slim\nCOPY . .\nRUN pip install .\nCMD ["uvicorn", "shop.main:app"]\n',
    "shop/__init__.py": "",
    "shop/main.py": (
        "from fastapi import FastAPI\n\nfrom shop.api import customers, invoices, orders\n\napp = FastAPI()\n"
        "for part in (customers, invoices, orders):\n    app.include_router(part.router)\n"
    ),
    "shop/storage.py": (
        "from sqlalchemy import create_engine, text\n\nengine = create_engine('sqlite://')\n\n\n"
        "class Storage:\n    def read(self, kind: str, limit: int) -> list[object]:\n"
        "        with engine.connect() as connection:\n"
        "            return list(connection.execute(text('SELECT * FROM things LIMIT :n'), {'n': limit}))\n"
    ),
    **{f"shop/api/{noun}s.py": _module(noun) for noun in ("customer", "invoice", "order")},
}
TESTS = {
    "tests/test_orders.py": (
        "from unittest.mock import Mock\n\nimport pytest\nfrom fastapi import HTTPException\n\n"
        "from shop.api.orders import read_order\n\n\ndef test_orders_are_read_from_the_storage():\n"
        "    storage = Mock()\n    storage.read.return_value = [1]\n"
        "    assert read_order(storage, 10) == [1]\n\n\n"
        "def test_no_orders_are_not_found():\n    storage = Mock()\n    storage.read.return_value = []\n"
        "    with pytest.raises(HTTPException):\n        read_order(storage, 10)\n"
    ),
    ".github/workflows/ci.yml": (
        "on: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: actions/checkout@v4\n      - run: pip install -e . pytest ruff\n"
        "      - run: ruff check .\n      - run: pytest\n"
    ),
}
"""What turns red items green: tests, and a pipeline that runs them."""
