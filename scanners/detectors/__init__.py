"""The named detectors, by name. Adding one is one module and one line here."""

from scanners.detectors.base import Detector
from scanners.detectors.committed_secrets import CommittedSecrets
from scanners.detectors.documented_definitions import DocumentedDefinitions
from scanners.detectors.endpoint_descriptions import EndpointDescriptions
from scanners.detectors.logger_spread import LoggerSpread
from scanners.detectors.prose import ContributingSection, Readme
from scanners.detectors.source_lines import SourceLines

_ALL: tuple[Detector, ...] = (
    CommittedSecrets(),
    ContributingSection(),
    DocumentedDefinitions(),
    EndpointDescriptions(),
    LoggerSpread(),
    Readme(),
    SourceLines(),
)

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ALL}
