"""The named detectors, by name. Adding one is one module and one line here."""

from scanners.detectors.base import Detector
from scanners.detectors.source_lines import SourceLines

_ALL: tuple[Detector, ...] = (SourceLines(),)

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ALL}
