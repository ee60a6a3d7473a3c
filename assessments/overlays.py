"""Effective verdicts: what people laid over the raw ones. Nothing here changes a raw verdict."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from scanners.values import dataclass

Kind = Literal["override", "attestation", "waiver"]


@dataclass(frozen=True, slots=True)
class Overlay:
    """A person's word on one item. ``verdict`` is what an override puts in place of the raw verdict, empty
    for the other kinds. ``expires_on`` is the last day on which it holds, None for no end.
    """

    kind: Kind
    item: str
    author: str
    reason: str
    verdict: str = ""
    expires_on: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.expires_on is None or day <= self.expires_on


def effective_verdicts(raw: Mapping[str, str], overlays: Iterable[Overlay], day: date) -> dict[str, str]:
    """The verdicts that count on a day: raw, then override, attestation, waiver.

    An override replaces the verdict (of several the last given one), an attested item passes, a waived one
    reads ``waived``. An item that does not apply has nothing to waive and stays so.
    """
    effective = dict(raw)
    holding = holding_overlays(overlays, day)
    for overlay in holding:
        if overlay.kind == "override":
            effective[overlay.item] = overlay.verdict
    for overlay in holding:
        if overlay.kind == "attestation":
            effective[overlay.item] = "pass"
    for overlay in holding:
        if overlay.kind == "waiver" and effective.get(overlay.item) != "not_applicable":
            effective[overlay.item] = "waived"
    return effective


def holding_overlays(overlays: Iterable[Overlay], day: date) -> tuple[Overlay, ...]:
    """Those that have not expired on the day, in the order given."""
    return tuple(overlay for overlay in overlays if overlay.holds_on(day))
