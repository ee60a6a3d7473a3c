"""The shape of the current assessment, for the document that describes the API: ``reports.json`` writes it, and a test
holds the two together. Further fields may come; these are relied on."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from assessments.api.payloads import RulesetOut


class AssessedGradeOut(BaseModel):
    """``letter`` and numbers are null where there is no grade; numbers are cut to one decimal."""

    letter: str | None
    label: str
    score: float | None
    exact: float | None
    foundations: float | None
    production: float | None
    known: int
    applicable: int


class EvidenceOut(BaseModel):
    """One place; secrets in the excerpt are redacted."""

    path: str
    line: int
    excerpt: str
    strength: str


class AssessedItemOut(BaseModel):
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


class AssessedAreaOut(BaseModel):
    id: str
    title: str
    stars: int | None
    rating: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int


class PhaseOut(BaseModel):
    phase: int
    title: str
    initiatives: list[str]


class AssessmentOut(BaseModel):
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
