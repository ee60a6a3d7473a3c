"""The named detectors, by name. Adding one is one module and one line here."""

from scanners.detectors.base import Detector
from scanners.detectors.documented_definitions import DocumentedDefinitions
from scanners.detectors.logger_spread import LoggerSpread
from scanners.detectors.prose import ContributingSection, Readme
from scanners.detectors.source_lines import SourceLines

_ALL: tuple[Detector, ...] = (
    ContributingSection(),
    DocumentedDefinitions(),
    LoggerSpread(),
    Readme(),
    SourceLines(),
)

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ALL}
