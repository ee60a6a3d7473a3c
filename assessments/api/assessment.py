"""The shape of the current assessment, for the document that describes the API: ``reports.json`` writes it, and a test
holds the two together. Further fields may come; these are relied on."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from assessments.api.payloads import RulesetOut


class AssessedGradeOut(Schema):
    """``letter`` and numbers are null where there is no grade; numbers are cut to one decimal."""

    letter: str | None
    label: str
    score: float | None
    exact: float | None
    foundations: float | None
    production: float | None
    known: int
    applicable: int


class EvidenceOut(Schema):
    """One place; secrets in the excerpt are redacted."""

    path: str
    line: int
    excerpt: str
    strength: str


class AssessedItemOut(Schema):
    """``verdict`` is pass, fail, not_applicable or unknown; ``effective_verdict`` what waivers and the like make of it."""

    id: str
    title: str
    area: str
    tier: str
    verdict: str
    effective_verdict: str
    confidence: str
    reason: str
    evidence: list[EvidenceOut]
    looked_for: list[str]
    stale: bool


class AssessedAreaOut(Schema):
    id: str
    title: str
    stars: int | None
    rating: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int


class PhaseOut(Schema):
    phase: int
    title: str
    initiatives: list[str]


class AssessmentOut(Schema):
    """`plumbline.assessment/1`, as the command line prints it."""

    form: Annotated[str, Field(alias="schema")]
    repository: str
    root: str
    commit: str
    committed_at: datetime | None
    judged_at: datetime | None
    ruleset: RulesetOut
    profile: dict[str, Any]
    stack: list[str]
    grade: AssessedGradeOut
    effective_grade: AssessedGradeOut
    areas: list[AssessedAreaOut]
    items: list[AssessedItemOut]
    matrix: dict[str, list[str]]
    plan: list[PhaseOut]
