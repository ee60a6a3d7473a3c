"""What a plan page shows: the shapes that its parts are in."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from assessments.charts import Chart
from assessments.choices import StepState
from assessments.planning import grade_words
from assessments.services.plans import Wish
from assessments.standard import Phase


@dataclass(frozen=True, slots=True)
class Standing:
    """A grade in the page's terms: the score of a repository, or the mean of a team's. ``lowest`` is the
    letter of the team's weakest repository, empty for one repository."""

    letter: str
    score: Fraction | None
    lowest: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step in one repository. ``points`` are for its score or the team's mean, ``effort`` in person-days;
    ``doubt`` says that a scan does not agree with the state, ``note`` what a scan found otherwise."""

    id: int
    version: int
    repository: str
    repository_url: str
    state: str
    label: str
    assignee: Person | None
    due_on: date | None
    overdue: bool
    reason: str
    note: str
    doubt: str
    items: tuple[str, ...]
    points: Fraction
    effort: Fraction
    done_on: date | None = None

    @property
    def finished(self) -> bool:
        return self.state in (StepState.DONE, StepState.DROPPED)


@dataclass(frozen=True, slots=True)
class Card:
    """A step of the plan: one initiative, in one repository or in several."""

    initiative: str
    action: str
    reason: str
    rows: tuple[StepRow, ...]

    @property
    def single(self) -> StepRow | None:
        return self.rows[0] if len(self.rows) == 1 else None

    @property
    def points(self) -> Fraction:
        return sum((row.points for row in self.rows), Fraction(0))

    @property
    def effort(self) -> Fraction:
        return sum((row.effort for row in self.rows), Fraction(0))

    @property
    def done(self) -> int:
        return sum(row.state == StepState.DONE for row in self.rows)

    @property
    def doubts(self) -> int:
        return sum(bool(row.doubt) for row in self.rows)

    @property
    def state(self) -> str:
        """The state that all rows share, or that work goes on."""
        states = {row.state for row in self.rows}
        return states.pop() if len(states) == 1 else StepState.IN_PROGRESS.value

    @property
    def label(self) -> str:
        return str(StepState(self.state).label)


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase with its dates, and the grades that it leads from and to."""

    phase: Phase
    weeks: str
    starts_on: date | None
    ends_on: date | None
    effort: Fraction
    before: Standing
    after: Standing
    cards: tuple[Card, ...]

    @property
    def steps(self) -> int:
        return sum(len(card.rows) for card in self.cards)

    @property
    def done(self) -> int:
        return sum(card.done for card in self.cards)

    @property
    def words(self) -> str:
        return grade_words(self.before.letter, self.after.letter)


@dataclass(frozen=True, slots=True)
class SavedView:
    """The saved plan; ``dropped`` and ``left_out`` stand beside its phases. ``missed`` is the grade that it was
    made for and no longer leads to, because a step was dropped or something else fails now; else empty."""

    id: int
    version: int
    goal: str
    measure: str
    starts_on: date
    ends_on: date | None
    capacity: Decimal | None
    created_at: datetime
    created_by: str
    start: Standing
    leads_to: Standing
    missed: str
    phases: tuple[PhaseView, ...]
    dropped: tuple[Card, ...]
    left_out: tuple[Card, ...]
    burn_down: Chart | None

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    @property
    def done(self) -> int:
        return sum(phase.done for phase in self.phases)

    @property
    def doubts(self) -> int:
        return sum(card.doubts for phase in self.phases for card in phase.cards)

    @property
    def effort_left(self) -> Fraction:
        """Person-days of the steps that are not done."""
        return sum(
            (
                row.effort
                for phase in self.phases
                for card in phase.cards
                for row in card.rows
                if row.state != StepState.DONE
            ),
            Fraction(0),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What the search came to: phases to take, cards left out, and an honest word where a grade is out of
    reach. ``missing`` names (repository, best grade) that fall short."""

    wish: Wish
    words: str
    reached: bool
    effort: Fraction
    before: Standing
    after: Standing
    phases: tuple[PhaseView, ...]
    left_out: tuple[Card, ...]
    left_out_effort: Fraction
    missing: tuple[tuple[str, str], ...]
    ungraded: tuple[str, ...]

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, with its stable id."""

    id: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the history; ``author`` is empty for what a scan did."""

    at: datetime
    author: str
    what: str
    step: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plan of a repository or a team, the search for another one, and the history of both."""

    name: str
    slug: str
    kind: str
    url: str
    subject_url: str
    team: str
    team_url: str
    steps_url: str
    schedule_url: str
    capacity: Decimal | None
    can_edit: bool
    can_lead: bool
    judged: bool
    now: Standing
    repositories: int
    saved: SavedView | None
    people: tuple[Person, ...]
    history: tuple[EventRow, ...]
    found: Found | None = None
    refusal: Refusal | None = None

    @property
    def is_team(self) -> bool:
        return self.kind == "team"


@dataclass(frozen=True, slots=True)
class PlanLink:
    """The way from a repository's or a team's page to its plan; ``starts_on`` is None where none is saved."""

    url: str
    saved: bool
    starts_on: date | None
    done: int
    steps: int
