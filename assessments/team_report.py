"""The page model of several repositories together: stars, one matrix and one plan over all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from assessments.grading import band, stars_of
from assessments.matrix import Need
from assessments.planning import arrange, grade_words, schedule, weeks_words
from assessments.report import ReportPage
from assessments.standard import Area, Initiative, Phase, Priority, Standard


@dataclass(frozen=True, slots=True)
class TeamArea:
    """Stars over all verdicts of the area in all repositories; ``failing_in`` names where something fails."""

    area: Area
    stars: int | None
    rating: str
    failing_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RepositoryNeed:
    """What one repository needs of an initiative; ``graded`` tells whether it has a score to raise."""

    repository: str
    graded: bool
    need: Need


@dataclass(frozen=True, slots=True)
class TeamNeed:
    """An initiative over the repositories that need it, the one that gains most first.

    ``priority`` is the most urgent that any of them has; ``points`` is what the team's score gains when all
    of them are done; ``effort`` is their sum in person-days.
    """

    initiative: Initiative
    priority: str
    needs: tuple[RepositoryNeed, ...]
    points: Fraction
    effort: Fraction

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(need.repository for need in self.needs)

    @property
    def failing(self) -> int:
        """Failing items over all repositories."""
        return sum(len(one.need.failing) for one in self.needs)

    @property
    def action(self) -> str:
        count = len(self.needs)
        return f"{self.initiative.action} in {count} repositor{'y' if count == 1 else 'ies'}"


@dataclass(frozen=True, slots=True)
class TeamMatrixGroup:
    priority: Priority
    needs: tuple[TeamNeed, ...]


@dataclass(frozen=True, slots=True)
class TeamScore:
    """The mean of the repositories' effective scores; None where no repository has a grade."""

    letter: str | None
    label: str
    score: Fraction | None
    graded: int


@dataclass(frozen=True, slots=True)
class TeamPhase:
    """A phase over all repositories; weeks count from 1, inclusive like the dates."""

    phase: Phase
    needs: tuple[TeamNeed, ...]
    effort: Fraction
    first_week: int
    last_week: int
    starts_on: date | None
    ends_on: date | None
    comes_from: TeamScore
    leads_to: TeamScore

    @property
    def weeks(self) -> str:
        return weeks_words(self.first_week, self.last_week)

    @property
    def grades(self) -> str:
        return grade_words(self.comes_from.letter, self.leads_to.letter)


@dataclass(frozen=True, slots=True)
class TeamPage:
    """``repositories`` come by score, the lowest first and the ungraded last."""

    team: str
    standard: Standard
    repositories: tuple[ReportPage, ...]
    score: TeamScore
    areas: tuple[TeamArea, ...]
    matrix: tuple[TeamMatrixGroup, ...]
    phases: tuple[TeamPhase, ...]


def build_team_report(
    team: str,
    standard: Standard,
    pages: Iterable[ReportPage],
    *,
    capacity: Fraction | None = None,
    starts_on: date | None = None,
) -> TeamPage:
    """The team's report over its repositories' reports, which must be by the same standard.

    Raises ValueError for a report by another one: scores of two rulesets cannot be compared.
    """
    repositories = tuple(sorted(pages, key=_need_of_help))
    if any(
        (page.standard.id, page.standard.version) != (standard.id, standard.version) for page in repositories
    ):
        raise ValueError("a team's report takes reports by one version of one ruleset")
    needs = _combined(standard, repositories)
    score = _mean(standard, repositories)
    return TeamPage(
        team=team,
        standard=standard,
        repositories=repositories,
        score=score,
        areas=_areas(standard, repositories),
        matrix=tuple(
            TeamMatrixGroup(priority, tuple(need for need in needs if need.priority == priority.id))
            for priority in standard.priorities
        ),
        phases=_phases(standard, score, needs, capacity, starts_on),
    )


def _need_of_help(page: ReportPage) -> tuple[bool, Fraction, str]:
    score = page.effective_grade.score
    return score is None, score or Fraction(0), page.subject.repository


def _combined(standard: Standard, pages: tuple[ReportPage, ...]) -> tuple[TeamNeed, ...]:
    """One need per initiative that any repository needs, in the document's order."""
    graded = sum(page.effective_grade.score is not None for page in pages)
    urgency = {priority.id: place for place, priority in enumerate(standard.priorities)}
    found: dict[str, list[RepositoryNeed]] = {}
    for page in pages:
        for step in page.plan.steps:
            one = RepositoryNeed(page.subject.repository, page.effective_grade.score is not None, step.need)
            found.setdefault(step.need.initiative.id, []).append(one)
    combined = []
    for initiative in standard.initiatives:
        needs = sorted(found.get(initiative.id, ()), key=lambda one: (-one.need.points, one.repository))
        if not needs:
            continue
        combined.append(
            TeamNeed(
                initiative=initiative,
                priority=min((one.need.priority for one in needs), key=urgency.__getitem__),
                needs=tuple(needs),
                points=_sum(one.need.points for one in needs if one.graded) / max(1, graded),
                effort=_sum(one.need.effort for one in needs),
            )
        )
    return tuple(combined)


def _phases(
    standard: Standard,
    score: TeamScore,
    needs: tuple[TeamNeed, ...],
    capacity: Fraction | None,
    starts_on: date | None,
) -> tuple[TeamPhase, ...]:
    arranged = {phase: group for phase, group in arrange(standard, needs).items() if group}
    efforts = {phase: _sum(need.effort for need in group) for phase, group in arranged.items()}
    slots = schedule(standard, efforts, capacity, starts_on)
    gained = Fraction(0)
    phases: list[TeamPhase] = []
    for phase in standard.phases:
        if phase.id not in arranged:
            continue
        gained += _sum(need.points for need in arranged[phase.id])
        slot = slots[phase.id]
        phases.append(
            TeamPhase(
                phase=phase,
                needs=arranged[phase.id],
                effort=efforts[phase.id],
                first_week=slot.first_week,
                last_week=slot.last_week,
                starts_on=slot.starts_on,
                ends_on=slot.ends_on,
                comes_from=phases[-1].leads_to if phases else score,
                leads_to=_team_score(
                    standard, None if score.score is None else score.score + gained, score.graded
                ),
            )
        )
    return tuple(phases)


def _areas(standard: Standard, pages: tuple[ReportPage, ...]) -> tuple[TeamArea, ...]:
    found = []
    for place, area in enumerate(standard.areas):
        items = standard.items_of(area.id)
        passed = failed = Fraction(0)
        for page in pages:
            verdicts = page.verdicts
            passed += _sum(item.weight for item in items if verdicts[item.id] == "pass")
            failed += _sum(item.weight for item in items if verdicts[item.id] == "fail")
        stars = stars_of(passed / (passed + failed) if passed + failed else None)
        rating = standard.not_measured if stars is None else standard.ratings[stars - 1]
        failing_in = tuple(page.subject.repository for page in pages if page.areas[place].failed)
        found.append(TeamArea(area, stars, rating, failing_in))
    return tuple(found)


def _mean(standard: Standard, pages: tuple[ReportPage, ...]) -> TeamScore:
    scores = [page.effective_grade.score for page in pages if page.effective_grade.score is not None]
    return _team_score(standard, _sum(scores) / len(scores) if scores else None, len(scores))


def _team_score(standard: Standard, score: Fraction | None, graded: int) -> TeamScore:
    letter, label = (None, standard.no_grade) if score is None else band(standard, score)
    return TeamScore(letter, label, score, graded)


def _sum(numbers: Iterable[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0))
