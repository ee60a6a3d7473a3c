"""The page model of one assessment's report: what every format shows, so that no two disagree.

``build_report`` grades, ranks and plans, and joins verdicts, evidence and guidance. Sections follow one
order: summary, strengths, gaps, matrix, plan, checklist, conclusion, resources.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Protocol

from assessments import narrative
from assessments.grading import AreaStars, Grade, area_stars, grade, points_of
from assessments.guidance import Guidance, Snippet
from assessments.matrix import MatrixGroup, build_matrix, find_needs
from assessments.overlays import Overlay, effective_verdicts, holding_overlays
from assessments.planning import Plan, build_plan
from assessments.standard import Item, Resource, Standard
from scanners.facts import Evidence, Problem
from scanners.values import dataclass

MAX_RESOURCES = 12


class VerdictRow(Protocol):
    """What the report needs of a verdict; ``scanners.verdicts.Verdict`` is one."""

    @property
    def item(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def evidence(self) -> tuple[Evidence, ...]: ...
    @property
    def looked_for(self) -> tuple[str, ...]: ...
    @property
    def reason(self) -> str: ...
    @property
    def confidence(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What was judged. ``root`` is the folder inside the repository, empty for all of it; ``url`` its page on
    a forge, without credentials; ``readme`` the path that stands for the repository as a whole. ``set_by_hand`` are
    the fields of the profile that a person overrode, ``set_because`` their reason.
    """

    repository: str
    commit: str
    committed_at: datetime | None
    judged_at: datetime | None
    profile: Mapping[str, str | bool]
    stack: tuple[str, ...]
    root: str = ""
    url: str = ""
    readme: str = ""
    problems: tuple[Problem, ...] = ()
    set_by_hand: tuple[str, ...] = ()
    set_because: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """``line`` counts from 1, 0 stands for the file as a whole; ``url`` leads to it on the forge, or is
    empty.
    """

    path: str
    line: int
    excerpt: str
    strength: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item with its raw and its effective verdict (which may be ``waived``). ``points`` is what it is
    worth in the effective score; ``stale`` marks a verdict carried over from an earlier measurement.
    """

    item: Item
    raw: str
    verdict: str
    evidence: tuple[EvidenceLine, ...]
    looked_for: tuple[str, ...]
    reason: str
    confidence: str
    points: Fraction
    guidance: Guidance | None
    snippet: Snippet | None
    overlays: tuple[Overlay, ...]
    stale: bool


@dataclass(frozen=True, slots=True)
class Strength:
    area: AreaStars
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """``text`` is the guidance's fix, or what would pass where there is no guidance."""

    item: Item
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """An area with failing items: those whose thing is missing, and those where something is there but short
    of the standard. ``snippet`` is the first one in the repository's stack, with the item it serves.
    """

    area: AreaStars
    current_state: str
    standard: str
    missing: tuple[ItemRow, ...]
    issues: tuple[ItemRow, ...]
    recommendations: tuple[Recommendation, ...]
    snippet: Snippet | None
    snippet_for: Item | None


@dataclass(frozen=True, slots=True)
class ChecklistGroup:
    """The items of a category that passed or failed, in the standard's order."""

    category: str
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """``grade`` is by the raw verdicts; everything else, ``effective_grade`` first, by the effective ones."""

    standard: Standard
    subject: Subject
    grade: Grade
    effective_grade: Grade
    summary: tuple[str, ...]
    areas: tuple[AreaStars, ...]
    items: tuple[ItemRow, ...]
    strengths: tuple[Strength, ...]
    gaps: tuple[Gap, ...]
    matrix: tuple[MatrixGroup, ...]
    plan: Plan
    checklist: tuple[ChecklistGroup, ...]
    unknown: tuple[ItemRow, ...]
    not_applicable: tuple[ItemRow, ...]
    waived: tuple[ItemRow, ...]
    conclusion: narrative.Conclusion
    resources: tuple[Resource, ...]

    @property
    def failing(self) -> tuple[ItemRow, ...]:
        """Failing items in the order in which the plan mends them, those without a step last."""
        steps = [item for step in self.plan.steps for item in step.need.failing]
        place = {item: n for n, item in enumerate(steps)}
        failing = (row for row in self.items if row.verdict == "fail")
        return tuple(sorted(failing, key=lambda row: place.get(row.item.id, len(place))))

    @property
    def verdicts(self) -> dict[str, str]:
        """The effective verdict of every item, by id."""
        return {row.item.id: row.verdict for row in self.items}


def build_report(
    standard: Standard,
    subject: Subject,
    rows: Iterable[VerdictRow],
    *,
    guidance: Mapping[str, Guidance] | None = None,
    overlays: Iterable[Overlay] = (),
    day: date | None = None,
    stale: Collection[str] = (),
    capacity: Fraction | None = None,
    starts_on: date | None = None,
    done: Collection[str] = (),
    evidence_url: Callable[[str, int], str] | None = None,
) -> ReportPage:
    """The report of these verdicts on ``day``, which matters for overlays that expire.

    An item without a row is unknown; a row of an item that the standard does not have is left out.
    ``evidence_url`` gives the address of a path and line, or an empty text.
    """
    found = {row.item: row for row in rows if row.item in standard.by_item}
    raw = {item.id: found[item.id].outcome if item.id in found else "unknown" for item in standard.items}
    laid = tuple(overlays)
    if laid and day is None:
        raise ValueError("overlays hold on a day, so a day must be given")
    holding = holding_overlays(laid, day) if day else ()
    effective = effective_verdicts(raw, holding, day) if day else raw
    points = points_of(standard, effective)
    items = tuple(
        _row(
            item,
            found.get(item.id),
            effective[item.id],
            subject.stack,
            (guidance or {}).get(item.id),
            points.get(item.id, Fraction(0)),
            tuple(overlay for overlay in holding if overlay.item == item.id),
            item.id in stale,
            evidence_url,
        )
        for item in standard.items
    )
    areas = area_stars(standard, effective)
    needs = find_needs(standard, effective)
    matrix = build_matrix(standard, needs)
    plan = build_plan(standard, effective, needs, capacity=capacity, starts_on=starts_on, done=done)
    rank = {need.initiative.id: n for n, need in enumerate(need for group in matrix for need in group.needs)}
    graded = grade(standard, effective)
    gaps = _gaps(standard, areas, items, rank)
    return ReportPage(
        standard=standard,
        subject=subject,
        grade=grade(standard, raw),
        effective_grade=graded,
        summary=(
            *narrative.executive_summary(standard, effective, graded, areas, matrix, plan),
            *narrative.overridden(subject.profile, subject.set_by_hand, subject.set_because),
        ),
        areas=areas,
        items=items,
        strengths=_strengths(areas, items),
        gaps=gaps,
        matrix=matrix,
        plan=plan,
        checklist=_checklist(standard, items),
        unknown=tuple(row for row in items if row.verdict == "unknown"),
        not_applicable=tuple(row for row in items if row.verdict == "not_applicable"),
        waived=tuple(row for row in items if row.verdict == "waived"),
        conclusion=narrative.conclude(graded, areas, matrix, plan),
        resources=_resources(standard, gaps),
    )


def _row(
    item: Item,
    found: VerdictRow | None,
    effective: str,
    stack: tuple[str, ...],
    guidance: Guidance | None,
    points: Fraction,
    overlays: tuple[Overlay, ...],
    stale: bool,
    evidence_url: Callable[[str, int], str] | None,
) -> ItemRow:
    evidence = found.evidence if found else ()
    return ItemRow(
        item=item,
        raw=found.outcome if found else "unknown",
        verdict=effective,
        evidence=tuple(
            EvidenceLine(
                path=e.path,
                line=e.line,
                excerpt=e.excerpt,
                strength=e.strength,
                note=e.note,
                url=evidence_url(e.path, e.line) if evidence_url else "",
            )
            for e in evidence
        ),
        looked_for=found.looked_for if found else (),
        reason=found.reason if found else "It was not measured.",
        confidence=found.confidence if found else "weak",
        points=points,
        guidance=guidance,
        snippet=guidance.snippet_for(stack) if guidance and effective == "fail" else None,
        overlays=overlays,
        stale=stale,
    )


def _strengths(areas: Iterable[AreaStars], items: tuple[ItemRow, ...]) -> tuple[Strength, ...]:
    grouped = ((area, _of(area, items, "pass")) for area in areas)
    return tuple(Strength(area, rows) for area, rows in grouped if rows)


def _gaps(
    standard: Standard, areas: Iterable[AreaStars], items: tuple[ItemRow, ...], rank: Mapping[str, int]
) -> tuple[Gap, ...]:
    """Areas with failing items, the one whose most urgent initiative leads the matrix first."""
    asked = {area.id: area.standard for area in standard.areas}
    gaps = []
    for area in areas:
        failing = _of(area, items, "fail")
        if not failing:
            continue
        served = next((row for row in failing if row.snippet), None)
        gaps.append(
            Gap(
                area=area,
                current_state=narrative.current_state(area, [row.item for row in _of(area, items, "pass")]),
                standard=asked[area.id],
                missing=tuple(row for row in failing if not row.item.issue and not row.evidence),
                issues=tuple(row for row in failing if row.item.issue or row.evidence),
                recommendations=tuple(Recommendation(row.item, _fix(row)) for row in failing),
                snippet=served.snippet if served else None,
                snippet_for=served.item if served else None,
            )
        )

    def urgency(gap: Gap) -> int:
        mended_by = (standard.initiative_of.get(row.item.id) for row in (*gap.missing, *gap.issues))
        return min((rank[one.id] for one in mended_by if one), default=len(rank))

    return tuple(sorted(gaps, key=urgency))


def _fix(row: ItemRow) -> str:
    return row.guidance.fix if row.guidance and row.guidance.fix else f"To pass: {row.item.passes}"


def _of(area: AreaStars, items: Iterable[ItemRow], verdict: str) -> tuple[ItemRow, ...]:
    return tuple(row for row in items if row.item.area == area.id and row.verdict == verdict)


def _checklist(standard: Standard, items: tuple[ItemRow, ...]) -> tuple[ChecklistGroup, ...]:
    marked = [row for row in items if row.verdict in ("pass", "fail")]
    grouped = (
        (name, tuple(row for row in marked if row.item.category == name)) for name in standard.categories
    )
    return tuple(ChecklistGroup(name, rows) for name, rows in grouped if rows)


def _resources(standard: Standard, gaps: Iterable[Gap]) -> tuple[Resource, ...]:
    """One link for each area with a gap, as far as there is room, then the standard's own."""
    room = max(0, MAX_RESOURCES - len(standard.resources))
    named: dict[str, Resource] = {}
    for gap in gaps:
        links = (
            row.guidance.links for row in (*gap.missing, *gap.issues) if row.guidance and row.guidance.links
        )
        named.update((link.url, link) for link in next(links, ())[:1])
    ours = {link.url for link in standard.resources}
    return (*[link for url, link in named.items() if url not in ours][:room], *standard.resources)
