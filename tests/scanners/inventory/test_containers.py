"""Dockerfiles and compose files as values."""

import pytest

from scanners.inventory.containers import is_compose, is_dockerfile, parse_compose, parse_dockerfile
from scanners.inventory.structured import SettingsError

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG VERSION=1
FROM --platform=$BUILDPLATFORM node:20 AS build
COPY . .
RUN npm ci && \\
    # a comment between
    npm test

FROM python:3.12-slim AS base
USER app
HEALTHCHECK --interval=5s CMD curl -f http://localhost/
FROM base
COPY --from=build /dist /dist
RUN <<EOF
echo one
USER root
EOF
CMD ["serve"]
"""


def test_stages_instructions_and_true_lines() -> None:
    found = parse_dockerfile("Dockerfile", DOCKERFILE)
    assert [(s.base, s.name, s.line) for s in found.stages] == [
        ("node:20", "build", 3),
        ("python:3.12-slim", "base", 9),
        ("base", "", 12),
    ]
    run = next(i for i in found.instructions if i.name == "RUN")
    assert (run.line, run.stage) == (5, 0)
    assert "npm ci" in run.value and "npm test" in run.value and "comment" not in run.value
    assert [s.base for s in found.external_bases] == ["node:20", "python:3.12-slim"]


def test_the_final_image_inherits_from_the_stages_it_builds_on() -> None:
    found = parse_dockerfile("Dockerfile", DOCKERFILE)
    assert found.user is not None and (found.user.value, found.user.line) == ("app", 10)
    assert found.healthcheck is not None and found.healthcheck.line == 11
    assert found.entrypoint is not None and found.entrypoint.value == '["serve"]'
    assert found.has_source_copy


def test_heredoc_lines_are_no_instructions() -> None:
    found = parse_dockerfile("Dockerfile", DOCKERFILE)
    assert [i.value for i in found.instructions if i.name == "USER"] == ["app"]
    assert any("echo one" in i.value for i in found.instructions if i.name == "RUN")


def test_an_image_without_own_files_or_user() -> None:
    found = parse_dockerfile("Dockerfile", "FROM a AS b\nFROM nginx\nCOPY --from=b /x /x\nnonsense here\n")
    assert not found.has_source_copy
    assert found.user is None
    assert parse_dockerfile("Dockerfile", "# only a comment\n\n").instructions == ()


def test_another_escape_character() -> None:
    found = parse_dockerfile("Dockerfile", "# escape=`\nFROM x\nRUN one `\n  two\nCOPY c:\\ d:\\\nUSER u\n")
    assert [i.name for i in found.instructions] == ["FROM", "RUN", "COPY", "USER"]


def test_compose_services() -> None:
    text = (
        "services:\n  web:\n    build: {context: ./app}\n    command: [run, server]\n    environment:\n"
        "      - SECRET=abc\n      - DEBUG\n    labels: {traefik.enable: 'true'}\n"
        "    healthcheck:\n      test: curl -f localhost\n    ports: ['80:80']\n"
        "  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: x\n"
    )
    web, db = parse_compose("compose.yml", text).services
    assert (web.name, web.build, web.line, web.command) == ("web", "./app", 2, "run server")
    assert web.environment == ("SECRET", "DEBUG")
    assert web.labels == (("traefik.enable", "true"),)
    assert (web.healthcheck, web.ports) == ("curl -f localhost", ("80:80",))
    assert (db.image, db.line, db.environment) == ("postgres:16", 12, ("POSTGRES_PASSWORD",))


def test_compose_of_the_first_format_and_of_nothing() -> None:
    assert [s.image for s in parse_compose("docker-compose.yml", "db:\n  image: redis\n").services] == [
        "redis"
    ]
    assert parse_compose("docker-compose.yml", "").services == ()


def test_broken_compose_raises() -> None:
    with pytest.raises(SettingsError, match="settings.unparsable"):
        parse_compose("compose.yml", "services: [\n")


def test_names() -> None:
    docker = ["Dockerfile", "a/Dockerfile.dev", "web.Dockerfile", "Containerfile", "docker/dockerfile"]
    assert all(map(is_dockerfile, docker))
    compose = [
        "compose.yaml",
        "docker-compose.yml",
        "docker-compose.test.yml",
        "compose.prod.yml",
        "a/docker-compose-x.yaml",
    ]
    assert all(map(is_compose, compose))
    assert not any(map(is_dockerfile, ["Dockerfile.dockerignore", "src/dockerfile_parser.py", "docker.md"]))
    assert not any(map(is_compose, ["composer.json", "composed.yml", "decompose.py"]))
