"""The named detectors, by name. Adding one is one module and one line here."""

from scanners.detectors.base import Detector
from scanners.detectors.committed_secrets import CommittedSecrets
from scanners.detectors.documented_definitions import DocumentedDefinitions
from scanners.detectors.endpoint_descriptions import EndpointDescriptions
from scanners.detectors.layers import Layers
from scanners.detectors.logger_spread import LoggerSpread
from scanners.detectors.migration_files import MigrationFiles, ReversibleMigrations
from scanners.detectors.own_errors import OwnErrors
from scanners.detectors.prose import ContributingSection, Readme
from scanners.detectors.source_lines import SourceLines
from scanners.detectors.status_codes import StatusCodes
from scanners.detectors.string_sql import StringSql
from scanners.detectors.structure import LargestFile, RootShare, SourceDirectories, SourceModules, SourceSize
from scanners.detectors.type_share import TypeShare
from scanners.detectors.unit_tests import UnitTests

_ALL: tuple[Detector, ...] = (
    CommittedSecrets(),
    ContributingSection(),
    DocumentedDefinitions(),
    EndpointDescriptions(),
    LargestFile(),
    Layers(),
    LoggerSpread(),
    MigrationFiles(),
    OwnErrors(),
    Readme(),
    ReversibleMigrations(),
    RootShare(),
    SourceDirectories(),
    SourceLines(),
    SourceModules(),
    SourceSize(),
    StatusCodes(),
    StringSql(),
    TypeShare(),
    UnitTests(),
)

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ALL}
