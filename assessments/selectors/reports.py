"""The report's page model of a repository, from its stored verdicts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assessments.choices import StepState
from assessments.forge import Forge, forge_of
from assessments.guidance import Guidance, read_guidance
from assessments.models import Assessment, ChecklistItem, Repository
from assessments.report import ReportPage, Subject, build_report
from assessments.services.assess import verdicts_of
from assessments.services.plans import current_plans
from assessments.services.rulesets import built
from scanners.facts import Evidence, Problem
from scanners.rules import RULESETS, SHIPPED


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict as the report wants it, from a row of the checklist or from a verdict vector."""

    item: str
    outcome: str
    evidence: tuple[Evidence, ...] = ()
    looked_for: tuple[str, ...] = ()
    reason: str = ""
    confidence: str = "strong"


@lru_cache(maxsize=4)
def guidance_of(ruleset: str) -> dict[str, Guidance]:
    """The shipped guidance for a ruleset's items; {} where none ships."""
    folder = RULESETS / SHIPPED.get(ruleset, "-") / "guidance"
    return read_guidance(folder) if folder.is_dir() else {}


def report_of_assessment(repository: Repository, assessment: Assessment) -> ReportPage:
    """The full report of an assessment; evidence is the current checklist's where the verdict is the same.

    The plan of the one that stands has the start, the capacity and the ticks of the saved plan, if there is one;
    otherwise it starts on the day of the assessment, with the team's capacity.
    """
    _, standard = built(assessment.ruleset)
    plan = current_plans(repository).filter(ruleset=assessment.ruleset.ruleset).first()
    if plan is not None and assessment.pk != repository.current_id:
        plan = None
    done = plan.steps.filter(state=StepState.DONE).values_list("initiative", flat=True) if plan else ()
    capacity = plan.capacity if plan else repository.team.capacity
    found = ChecklistItem.objects.filter(repository=repository, ruleset=assessment.ruleset.ruleset)
    rows = {row.item: row for row in found}
    return build_report(
        standard,
        subject_of(repository, assessment),
        _stored(verdicts_of(assessment, standard), rows),
        stale=frozenset(item for item, row in rows.items() if row.stale),
        guidance=guidance_of(assessment.ruleset.ruleset),
        capacity=None if capacity is None else Fraction(capacity),
        starts_on=plan.starts_on if plan else assessment.judged_at.date(),
        done=frozenset(done),
        evidence_url=_linker(forge_of(repository.mirror.url), repository.root, assessment.commit),
    )


def light_report(repository: Repository, assessment: Assessment) -> ReportPage:
    """The report without evidence and guidance, enough for matrices and plans over many repositories.

    Built once per verdict vector and kept, since a team page needs one for each of its repositories.
    """
    key = (assessment.ruleset_id, assessment.verdicts, repository.name)
    page = _LIGHT.get(key)
    if page is None:
        _, standard = built(assessment.ruleset)
        page = build_report(
            standard, subject_of(repository, assessment), _stored(verdicts_of(assessment, standard), {})
        )
        if len(_LIGHT) >= _LIGHT_PAGES:
            _LIGHT.pop(next(iter(_LIGHT)))
        _LIGHT[key] = page
    return page


_LIGHT: dict[tuple[int, str, str], ReportPage] = {}
_LIGHT_PAGES = 2000


def subject_of(repository: Repository, assessment: Assessment) -> Subject:
    """What was judged, as the report's head names it."""
    return Subject(
        repository=repository.name,
        commit=assessment.commit,
        committed_at=assessment.as_of,
        judged_at=assessment.judged_at,
        profile=assessment.profile,
        stack=tuple(assessment.stack),
        root=repository.root,
        url=forge_of(repository.mirror.url).base,
        problems=tuple(Problem(**problem) for problem in assessment.problems),
        set_by_hand=_set_by_hand(repository, assessment),
        set_because=repository.profile_override_reason,
    )


def _set_by_hand(repository: Repository, assessment: Assessment) -> tuple[str, ...]:
    """The fields of the profile that were overridden when it was judged, as far as that is what is overridden now."""
    if not repository.profile_override:
        return ()
    override = repository.profile_override
    ours = all(assessment.profile.get(field) == value for field, value in override.items())
    return tuple(override) if ours else ()


def _linker(forge: Forge, root: str, commit: str) -> Any:
    def link(path: str, line: int) -> str:
        return forge.line(commit, f"{root}/{path}" if root else path, line)

    return link


def _stored(verdicts: Mapping[str, str], rows: Mapping[str, ChecklistItem]) -> Iterable[StoredVerdict]:
    for item, outcome in verdicts.items():
        row = rows.get(item)
        if row is None or row.outcome != outcome:
            yield StoredVerdict(item, outcome)
            continue
        evidence = tuple(Evidence(**one) for one in row.evidence)
        yield StoredVerdict(item, outcome, evidence, tuple(row.looked_for), row.reason, row.confidence)
