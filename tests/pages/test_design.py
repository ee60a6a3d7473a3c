"""What every page promises: contrast in both themes, no inline style or script, small files."""

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSS = sorted((ROOT / "static" / "css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
}
GROUNDS = ("canvas", "sunken", "raised", "hover")
TEXTS = ("ink", "ink-muted", "accent", "pass", "fail", "unknown", "waived", "danger")
GRADES = ("grade-a", "grade-b", "grade-c", "grade-d", "grade-f")


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *product(TEXTS, GROUNDS),
        ("on-accent", "accent"),
        ("accent", "accent-soft"),
        ("ink", "danger-soft"),
        ("ink-muted", "danger-soft"),
        ("ink", "notice-soft"),
        ("ink", "mark"),
        *(("ink", f"{grade}-soft") for grade in GRADES),
    ],
)
def test_text_has_the_contrast_of_aa(text: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("token", ["line-strong", "focus"])
def test_borders_of_controls_and_focus_stand_out(token: str, theme: int) -> None:
    assert contrast(COLOURS[token][theme], COLOURS["canvas"][theme]) >= 3


def test_every_token_used_is_defined() -> None:
    defined = set(re.findall(r"--([\w-]+):", "".join(path.read_text(encoding="utf-8") for path in CSS)))
    used = {name for path in CSS for name in re.findall(r"var\(--([\w-]+)", path.read_text(encoding="utf-8"))}
    assert used <= defined


def test_colours_come_from_tokens() -> None:
    others = [path for path in CSS if path.name not in ("tokens.css", "report.css")]
    raw = {path.name: re.findall(r"#[0-9a-f]{3,8}\b", path.read_text(encoding="utf-8")) for path in others}
    assert {name: found for name, found in raw.items() if len(found) > 4} == {}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_no_inline_style_or_script(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    if template.parent.name == "mails":  # which load no style sheet, and are no pages
        text = text.replace("<style>", "", 1)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    # What is no script by its type is data, which no browser runs.
    assert not re.search(r"<script(?![^>]*\b(src=|type=\"application/json\"))", text)
    assert not re.search(r"hx-on|hx-vals=['\"]js:", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_only_help_texts_of_our_own_forms_skip_escaping(template: Path) -> None:
    text = template.read_text(encoding="utf-8").replace("field.help_text|safe", "")
    assert "|safe" not in text
    assert "autoescape off" not in text


def test_what_every_page_loads_of_ours_stays_small() -> None:
    head = (ROOT / "templates" / "components" / "_head.html").read_text(encoding="utf-8")
    loaded = [ROOT / "static" / name for name in re.findall(r"static '([^']+)'", head)]
    assert sum(path.stat().st_size for path in loaded if path.suffix == ".css") < 50_000
    assert sum(path.stat().st_size for path in loaded if path.suffix == ".js") < 7_000
    # Charts and the search bring theirs with their first use.
    assert sum(path.stat().st_size for path in (ROOT / "static" / "js").glob("*.js")) < 16_000
