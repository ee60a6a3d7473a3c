"""How values read on a page: numbers, times, verdicts, marks, code. Display only; nothing is decided here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from assessments.grading import tenths as cut_to_tenths
from assessments.highlight import highlight, language_of
from assessments.storable import storable

if TYPE_CHECKING:
    from assessments.selectors.evidence import EvidencePlaces

register = template.Library()

Number = int | float | Decimal | Fraction

VERDICTS = {
    "pass": ("check", "Pass"),
    "fail": ("x", "Fail"),
    "not_applicable": ("minus", "Not applicable"),
    "unknown": ("circle-question-mark", "Unknown"),
    "waived": ("shield", "Waived"),
    "stale": ("clock", "Stale"),
}
RATINGS = {1: "Critical gap", 2: "Needs work", 3: "Good, can improve", 4: "Strong", 5: "Exemplary"}
STACKS = {
    "any": "Any stack", "csharp": "C#", "javascript": "JavaScript", "php": "PHP", "typescript": "TypeScript",
}  # fmt: skip


@register.filter
def tenths(value: Number | None) -> str:
    """The number cut, not rounded, to one decimal; a dash for none."""
    return "–" if value is None else cut_to_tenths(_exact(value))


@register.filter
def signed(value: Number | None) -> str:
    """The number with its sign (a true minus), cut to one decimal; empty for none."""
    if value is None:
        return ""
    exact = _exact(value)
    text = cut_to_tenths(abs(exact))
    if text == "0.0":
        return "±0"
    return f"+{text}" if exact > 0 else f"−{text}"


@register.filter
def direction(value: Number | None) -> str:
    """up, down or level: the way an amount points, as far as one decimal shows it."""
    text = signed(value)
    return "up" if text.startswith("+") else "down" if text.startswith("−") else "level"


@register.filter
def days(value: Number | None) -> str:
    """Person-days in halves: a plan is not more exact than that."""
    if value is None:
        return ""
    halves = max(1, round(_exact(value) * 2))
    amount = f"{halves // 2}" if halves % 2 == 0 else f"{halves / 2:.1f}"
    return f"{amount} day" if amount == "1" else f"{amount} days"


@register.filter
def thousands(value: Number) -> str:
    """12345 as 12 345, with narrow no-break spaces."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def duration(seconds: Number | None) -> str:
    """Seconds as 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{float(seconds):.1f} s"
    minutes, rest = divmod(round(float(seconds)), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@register.filter
def roughly(seconds: Number | None) -> str:
    """Seconds as one reads an estimate: 40 s, 4 min, 2 h 10 min."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{max(5, round(float(seconds) / 5) * 5)} s"
    minutes = round(float(seconds) / 60)
    return f"{minutes} min" if minutes < 90 else duration(minutes * 60)


@register.filter
def since(moment: datetime | None) -> SafeString:
    """A time element: how long ago, with the exact time on hover."""
    if moment is None:
        return mark_safe('<span class="muted">Never</span>')
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "j F Y, H:i T"),
        _ago((timezone.now() - moment).total_seconds()),
    )


@register.filter
def until(moment: datetime | None) -> SafeString:
    """A time element: in how long, "now" for what is due, with the exact time on hover."""
    if moment is None:
        return mark_safe("")
    local = timezone.localtime(moment)
    seconds = (moment - timezone.now()).total_seconds()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "j F Y, H:i T"),
        "now" if seconds < 1 else f"in {_span(seconds)}",
    )


def _span(seconds: float) -> str:
    """Seconds in the largest unit that tells enough: 40 s, 12 min, 5 h, 3 days."""
    if seconds < 90:
        return f"{round(seconds)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86400)} days"


@register.filter
def short_commit(commit: str | None) -> str:
    return (commit or "")[:8]


@register.filter
def visible(value: str) -> str:
    """A path for a person: bytes that are no text, and control characters, as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in storable(value))


@register.filter
def shown_path(path: str) -> str:
    """The path as ``visible`` gives it, its middle left out where it is too long for a list."""
    text = visible(path)
    return text if len(text) <= 120 else f"{text[:55]}…{text[-60:]}"


@register.filter
def undo_note(message: Any) -> str:
    """The note by which what a message tells of can be undone, or nothing."""
    tags = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""


@register.filter
def first_places(evidence: Sequence[Any], verdict: str) -> Sequence[Any]:
    """What of the evidence a report shows at once: three places of what fails, one of what is well."""
    return evidence[: 1 if verdict == "pass" else 3]


@register.filter
def file_href(places: "EvidencePlaces", line: Any) -> str:
    """Where a line of evidence is shown in its file."""
    return places.file(line.path, line.line)


@register.filter
def item_href(places: "EvidencePlaces", item: str) -> str:
    """Where all evidence of an item is shown."""
    return places.item(item)


@register.filter
def verdict_icon(verdict: str) -> str:
    return VERDICTS.get(verdict, VERDICTS["unknown"])[0]


@register.filter
def verdict_word(verdict: str) -> str:
    return VERDICTS.get(verdict, VERDICTS["unknown"])[1]


@register.filter
def stack_name(stack: str) -> str:
    """A stack as people write it: javascript.nestjs as JavaScript, nestjs."""
    language, _, framework = stack.partition(".")
    name = STACKS.get(language, language.capitalize())
    return f"{name}, {framework}" if framework else name


@register.filter
def star_marks(stars: int | None) -> str:
    return "★" * (stars or 0)


@register.filter
def star_gaps(stars: int | None) -> str:
    return "★" * (5 - (stars or 0))


@register.filter
def rating(stars: int | None) -> str:
    """The rating's words where the page model has none of its own."""
    return "Not measured" if stars is None else RATINGS.get(stars, "Not measured")


@register.filter
def share_of(part: Number, whole: Number) -> str:
    """A percentage from 0 to 100 as an SVG length, with two decimals at most."""
    return (
        "0"
        if not whole
        else f"{min(100.0, max(0.0, 100 * float(part) / float(whole))):.2f}".rstrip("0").rstrip(".")
    )


@register.filter
def code(source: str, language: str = "") -> SafeString:
    """Source as HTML with classes; plain where the language is not known."""
    return mark_safe(_highlighted(str(source), language or ""))


@register.filter
def code_of(source: str, path: str) -> SafeString:
    """A line of a file as HTML with classes, by the file's name."""
    return mark_safe(_highlighted(str(source), language_of(path)))


@register.inclusion_tag("components/_sparkline.html")
def sparkline(values: Iterable[Number | None], label: str = "") -> dict[str, Any]:
    """A line of scores from 0 to 100, oldest first; gaps where there is none."""
    points = [None if value is None else float(value) for value in values]
    known = [(place, value) for place, value in enumerate(points) if value is not None]
    if not known:
        return {"path": ""}
    low, high = min(v for _, v in known), max(v for _, v in known)
    # At least ten points of height, so that noise of a point does not look like a fall.
    span = max(high - low, 10.0)
    floor = min(max((high + low - span) / 2, 0.0), 100.0 - span)
    step = 92 / max(len(points) - 1, 1)
    return {
        "path": _path(points, step, floor, span),
        "x": f"{2 + known[-1][0] * step:.1f}",
        "y": f"{_height(known[-1][1], floor, span):.1f}",
        "label": label or f"From {known[0][1]:.0f} to {known[-1][1]:.0f} points",
    }


@register.inclusion_tag("components/_nav_link.html", takes_context=True)
def nav_link(context: Context, view: str, title: str, icon: str) -> dict[str, Any]:
    """A link of the navigation, current where the route shares its first word; nothing without a route."""
    try:
        url = reverse(view)
    except NoReverseMatch:
        return {"url": ""}
    match = getattr(context.get("request"), "resolver_match", None)
    here = (match.url_name or "") if match else ""
    return {"url": url, "title": title, "icon": icon, "current": here.split("-")[0] == view.split("-")[0]}


def _exact(value: Number) -> Fraction:
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def _ago(seconds: float) -> str:
    ahead = seconds < -60
    seconds = abs(seconds)
    if seconds < 60:
        return "just now"
    for limit, unit, word in ((3600, 60, "min"), (86400, 3600, "h"), (86400 * 60, 86400, "d")):
        if seconds < limit:
            amount = f"{int(seconds // unit)} {word}"
            break
    else:
        months = int(seconds // (86400 * 30.44))
        amount = f"{months} months" if months < 24 else f"{months // 12} years"
    return f"in {amount}" if ahead else f"{amount} ago"


@lru_cache(maxsize=512)
def _highlighted(source: str, language: str) -> str:
    return highlight(source, language)


def _height(value: float, floor: float, span: float) -> float:
    return 22 - 20 * (value - floor) / span


def _path(points: Sequence[float | None], step: float, floor: float, span: float) -> str:
    parts, drawing = [], False
    for place, value in enumerate(points):
        if value is None:
            drawing = False
            continue
        parts.append(f"{'L' if drawing else 'M'}{2 + place * step:.1f} {_height(value, floor, span):.1f}")
        drawing = True
    return "".join(parts)
