"""The named detectors, by name. Adding one is one module and one line here."""

from scanners.detectors.base import Detector
from scanners.detectors.binary_artifacts import BinaryArtifacts
from scanners.detectors.committed_secrets import CommittedSecrets
from scanners.detectors.documented_definitions import DocumentedDefinitions
from scanners.detectors.endpoint_descriptions import EndpointDescriptions
from scanners.detectors.github_workflows import GithubWorkflows
from scanners.detectors.layers import Layers
from scanners.detectors.license_files import license_files
from scanners.detectors.lock_files import DeclaredDependencies, lock_files
from scanners.detectors.logger_spread import LoggerSpread
from scanners.detectors.migration_files import MigrationFiles, ReversibleMigrations
from scanners.detectors.open_routes import OpenRoutes
from scanners.detectors.own_errors import OwnErrors
from scanners.detectors.pins import action_pins, image_pins
from scanners.detectors.piped_downloads import PipedDownloads
from scanners.detectors.prose import ContributingSection, Readme
from scanners.detectors.security_policy import security_policy
from scanners.detectors.source_lines import SourceLines
from scanners.detectors.status_codes import StatusCodes
from scanners.detectors.string_sql import StringSql
from scanners.detectors.structure import LargestFile, RootShare, SourceDirectories, SourceModules, SourceSize
from scanners.detectors.type_share import TypeShare
from scanners.detectors.unit_tests import UnitTests
from scanners.detectors.workflow_risks import script_injection, token_permissions, untrusted_checkout

_ALL: tuple[Detector, ...] = (
    BinaryArtifacts(),
    CommittedSecrets(),
    ContributingSection(),
    DeclaredDependencies(),
    DocumentedDefinitions(),
    EndpointDescriptions(),
    GithubWorkflows(),
    LargestFile(),
    Layers(),
    LoggerSpread(),
    MigrationFiles(),
    OpenRoutes(),
    OwnErrors(),
    PipedDownloads(),
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
    script_injection(),
    untrusted_checkout(),
    *action_pins(),
    *image_pins(),
    *license_files(),
    *lock_files(),
    *security_policy(),
    *token_permissions(),
)

DETECTORS: dict[str, Detector] = {detector.name: detector for detector in _ALL}
