# What developers and CI run. `make check` is the whole gate, in under three minutes; `make slow` is the rest.
.PHONY: check format lint types boundaries migrations test slow shots lock

check: lint types boundaries migrations test

format:
	uv run ruff format .
	uv run ruff check --fix .
	uv run djlint --quiet --reformat templates

lint:
	uv run ruff format --check .
	uv run ruff check .
	uv run djlint --quiet --check --lint templates

types:
	uv run mypy

boundaries:
	uv run lint-imports

migrations:
	uv run manage.py makemigrations --check --dry-run

test:
	uv run pytest -n 2 -m "not slow and not browser"

slow:
	uv run pytest -m "slow or browser"

lock:
	uv run --no-project .ci/lock.py

# A picture of every page at three widths in both themes, on a made-up installation, in screenshots/.
shots:
	mkdir -p screenshots
	PLUMBLINE_SHOTS=screenshots uv run pytest -q tests/pages/browser/test_every_page.py -k shown
