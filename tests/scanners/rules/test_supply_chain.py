"""The supply-chain ruleset: what each rule says of small trees, and that the document holds together."""

import time
from collections.abc import Mapping
from functools import lru_cache

import pytest

from assessments.grading import grade
from assessments.standard import load_standard
from scanners.rules import RULESETS, SHIPPED, Ruleset, load_document, load_ruleset
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree
from scanners.validation import problems_of
from scanners.verdicts import Verdict

Files = Mapping[str, str | bytes]

HASH = "8f4b7f84864484a7bf31766abe9204da3cbe65b3"
DIGEST = "sha256:" + "ab" * 32
MIT = (
    "Copyright (c) 2024 Someone\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this\n"
    "software and associated documentation files.\n"
)
LICENSED = {"LICENSE": MIT}
APP = {
    "package.json": '{"name": "shop", "private": true, "dependencies": {"express": "^4.0.0"}}',
    "server.js": "step();\n" * 40,
}


@lru_cache(maxsize=1)
def shipped() -> Ruleset:
    return load_ruleset("supply-chain")


def judged(files: Files, **profile: str) -> ScanResult:
    return scan(RepoTree.from_files(files), shipped(), profile_overrides=profile)


def verdict(item: str, files: Files, **profile: str) -> Verdict:
    return next(v for v in judged(files, **profile).verdicts if v.item == item)


def workflow(
    steps: str = "", *, on: str = "push", top: str = "permissions: {}", job: str = ""
) -> dict[str, str]:
    """One workflow; ``steps`` and ``job`` are indented for their place."""
    body = f"on: {on}\n{top}\njobs:\n  build:\n    runs-on: ubuntu-latest\n{job}    steps:\n      - run: make\n{steps}"
    return {".github/workflows/ci.yml": body}


def uses(*actions: str) -> dict[str, str]:
    return workflow("".join(f"      - uses: {action}\n" for action in actions))


def runs(script: str) -> dict[str, str]:
    return workflow(f"      - run: |\n          {script}\n")


def test_the_document_is_valid_and_describes_a_standard_of_its_own() -> None:
    document = load_document(RULESETS / SHIPPED["supply-chain"])
    assert problems_of(document) == []
    standard = load_standard(document)
    assert standard.id == "supply-chain"
    assert set(standard.by_item) == set(document["rules"])
    assert set(standard.initiative_of) == set(standard.by_item)
    assert {item.area for item in standard.items} == {area.id for area in standard.areas}


def test_every_item_names_the_document_it_follows_and_where_it_differs() -> None:
    for item in load_document(RULESETS / SHIPPED["supply-chain"])["items"]:
        assert item["sources"], item["id"]
        assert all(
            url.startswith(
                (
                    "https://github.com/ossf/scorecard/blob/main/docs/",
                    "https://github.com/cncf/clomonitor/blob/main/docs/",
                )
            )
            for url in item["sources"]
        ), item["id"]
        assert len(item["differs"]) > 20, item["id"]


def test_a_well_kept_repository_gets_a_better_grade_than_a_bare_one() -> None:
    standard = load_standard(shipped().document)
    kept = {
        **LICENSED,
        **APP,
        "package-lock.json": "{}",
        "SECURITY.md": "# Policy\n",
        "README.md": "# Shop\n",
        **uses(f"actions/checkout@{HASH}"),
    }
    scores = []
    for files in ({**APP}, kept):
        outcomes = {v.item: v.outcome for v in judged(files).verdicts}
        given = grade(standard, outcomes)
        assert given.letter is not None and given.score is not None
        scores.append(given.score)
    assert scores[0] < scores[1]


def _license(text: str) -> dict[str, str]:
    return {"LICENSE": text}


def _readme(text: str) -> dict[str, str]:
    return {**LICENSED, "README.md": f"# Shop\n\n{text}\n"}


CHART = {"chart/Chart.yaml": "name: shop\n"}
GO = {
    "go.mod": "module example.org/shop\n\ngo 1.24\n\nrequire github.com/a/b v1.0.0\n",
    "main.go": "package main\n",
}
PUSH = f"      - uses: docker/build-push-action@{HASH}\n        with:\n          push: true\n"

CASES: list[tuple[str, Files, str]] = [
    # licence
    ("license.present", LICENSED, "pass"),
    ("license.present", {"COPYING": MIT}, "pass"),
    ("license.present", {"LICENCE.md": MIT}, "pass"),
    ("license.present", {"LICENSES/MIT.txt": MIT}, "pass"),
    ("license.present", {"README.md": "# Shop\n"}, "fail"),
    ("license.present", {"sub/LICENSE": MIT}, "fail"),
    ("license.present", {"THIRD-PARTY-LICENSES.txt": MIT}, "fail"),
    ("license.present", {"license_checker.py": "x = 1\n"}, "fail"),
    ("license.approved", LICENSED, "pass"),
    ("license.approved", _license("GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n"), "pass"),
    ("license.approved", _license("SPDX-License-Identifier: (Apache-2.0 OR MIT)\n"), "pass"),
    ("license.approved", _license("Business Source License 1.1\n"), "fail"),
    ("license.approved", _license(f'"Commons Clause" License Condition v1.0\n\n{MIT}'), "fail"),
    ("license.approved", _license("Copyright 2024 Shop. All rights reserved.\n"), "fail"),
    ("license.approved", _license("Do as the committee says.\n"), "unknown"),
    ("license.approved", {"README.md": "# Shop\n"}, "not_applicable"),
    ("license.scanning", {**APP, **runs("npx license-checker --onlyAllow MIT")}, "pass"),
    ("license.scanning", {**APP, "README.md": "[![l](b)](https://app.fossa.com/projects/git%2Bx)\n"}, "pass"),
    ("license.scanning", {**APP, "deny.toml": "[licenses]\nallow = []\n"}, "pass"),
    ("license.scanning", {**APP, **uses(f"actions/dependency-review-action@{HASH}")}, "fail"),
    ("license.scanning", {**APP, **workflow(f"      - uses: actions/dependency-review-action@{HASH}\n        with:\n          allow-licenses: MIT\n")}, "pass"),
    ("license.scanning", {"README.md": "# Shop\n"}, "not_applicable"),
    # disclosure
    ("disclosure.policy", {"SECURITY.md": "# Policy\n"}, "pass"),
    ("disclosure.policy", {".github/security.md": "# Policy\n"}, "pass"),
    ("disclosure.policy", _readme("## Security\n\nMail us."), "pass"),
    ("disclosure.policy", _readme("See our [security policy](https://example.org)."), "pass"),
    ("disclosure.policy", _readme("Built on [Spring Security](https://spring.io)."), "fail"),
    ("disclosure.policy", {"security.py": "x = 1\n"}, "fail"),
    ("disclosure.process", {"SECURITY.md": "# Policy\n\nSend vulnerabilities to security@example.org; we answer within 3 days, in private.\n"}, "pass"),
    ("disclosure.process", {"SECURITY.md": "# Policy\n\nOpen a [private report](../../security/advisories/new) for each vulnerability that you find, please.\n"}, "pass"),
    ("disclosure.process", {"SECURITY.md": "https://example.org/security\n"}, "fail"),
    ("disclosure.process", {"SECURITY.md": "# Policy\n\nWe take vulnerabilities seriously, and disclosure even more so, whatever else you hear.\n"}, "fail"),
    ("disclosure.process", {"README.md": "# Shop\n"}, "not_applicable"),
    ("disclosure.insights", {**LICENSED, "SECURITY-INSIGHTS.yml": "header:\n  schema-version: 2.0.0\n"}, "pass"),
    ("disclosure.insights", {**LICENSED, "SECURITY-INSIGHTS.yml": "hello: there\n"}, "fail"),
    ("disclosure.insights", {"README.md": "# Shop\n"}, "not_applicable"),
    ("disclosure.dependencies-policy", {**LICENSED, **APP, "docs/dependency-policy.md": "# Policy\n"}, "pass"),
    ("disclosure.dependencies-policy", {**LICENSED, **APP, ".github/security-insights.yml": "repository:\n  documentation:\n    dependency-management-policy: https://example.org\n"}, "pass"),
    ("disclosure.dependencies-policy", {**LICENSED, **APP, "CONTRIBUTING.md": "## Dependency policy\n\nFew.\n"}, "pass"),
    ("disclosure.dependencies-policy", {**LICENSED, **APP}, "fail"),
    ("disclosure.dependencies-policy", LICENSED, "not_applicable"),
    # dependencies
    ("dependencies.update-tool", {**APP, ".github/dependabot.yml": "updates:\n  - package-ecosystem: npm\n"}, "pass"),
    ("dependencies.update-tool", {**APP, "renovate.json": "{}"}, "pass"),
    ("dependencies.update-tool", {**APP, ".pyup.yml": "schedule: every day\n"}, "pass"),
    ("dependencies.update-tool", {"package.json": '{"dependencies": {"a": "1"}, "renovate": {"extends": ["config:base"]}}'}, "pass"),
    ("dependencies.update-tool", {**APP, ".github/dependabot.yml": "version: 2\n"}, "fail"),
    ("dependencies.update-tool", {**APP, "sub/renovate.json": "{}"}, "fail"),
    ("dependencies.update-tool", {"README.md": "# Shop\n"}, "not_applicable"),
    ("dependencies.pinned-images", {"Dockerfile": f"FROM node:24@{DIGEST} AS build\nFROM scratch\nCOPY --from=build /a /a\n"}, "pass"),
    ("dependencies.pinned-images", {"Dockerfile": f"ARG BASE=node:24@{DIGEST}\nFROM ${{BASE}}\n"}, "pass"),
    ("dependencies.pinned-images", {"Dockerfile": "FROM node:24\n"}, "fail"),
    ("dependencies.pinned-images", {"Dockerfile": f"FROM node:24@{DIGEST}\nCOPY --from=ghcr.io/a/b:1 /b /b\n"}, "fail"),
    ("dependencies.pinned-images", {"Dockerfile": "ARG BASE\nFROM ${BASE}\n"}, "not_applicable"),
    ("dependencies.pinned-images", {".devcontainer/Dockerfile": "FROM node:24\n"}, "not_applicable"),
    ("dependencies.pinned-images", {"examples/Dockerfile": "FROM node:24\n"}, "not_applicable"),
    ("dependencies.verified-downloads", {"Dockerfile": "FROM scratch\nRUN curl -sSf https://a.example/i.sh | sh -s -- -y\n"}, "fail"),
    ("dependencies.verified-downloads", {"Dockerfile": "FROM scratch\nRUN curl -sSf https://a.example/i.py \\\n  | python3 -\n"}, "fail"),
    ("dependencies.verified-downloads", runs("bash <(curl -s https://a.example/up)"), "fail"),
    ("dependencies.verified-downloads", runs("iwr https://a.example/i.ps1 | iex"), "fail"),
    ("dependencies.verified-downloads", runs("curl -s https://a.example/x.json | python3 -m json.tool"), "pass"),
    ("dependencies.verified-downloads", runs(f"curl -s https://a.example/{HASH}/i.sh | sh"), "pass"),
    ("dependencies.verified-downloads", {"install.sh": "cat <<EOF\nUsage: curl https://a.example/i.sh | sh\nEOF\n"}, "pass"),
    ("dependencies.verified-downloads", {"install.sh": "# curl https://a.example/i.sh | sh\nmake\n"}, "pass"),
    ("dependencies.verified-downloads", {"README.md": "# Shop\n\ncurl https://a.example/i.sh | sh\n"}, "not_applicable"),
    # workflows
    ("workflows.token-permissions", workflow(), "pass"),
    ("workflows.token-permissions", workflow(top="permissions:\n  contents: read\n  id-token: write"), "pass"),
    ("workflows.token-permissions", workflow(top="name: a", job="    permissions:\n      contents: write\n"), "pass"),
    ("workflows.token-permissions", workflow(on="workflow_call", top="name: a"), "pass"),
    ("workflows.token-permissions", workflow(top="name: a"), "fail"),
    ("workflows.token-permissions", workflow(top="permissions: write-all"), "fail"),
    ("workflows.token-permissions", workflow(top="permissions:\n  contents: write"), "fail"),
    ("workflows.token-permissions", workflow(job="    permissions: write-all\n"), "fail"),
    ("workflows.token-permissions", {".github/workflows/ci.yml": "jobs:\n  a: {{ broken\n"}, "unknown"),
    ("workflows.token-permissions", {".gitlab-ci.yml": "test:\n  script: make\n"}, "not_applicable"),
    ("workflows.no-untrusted-checkout", workflow(on="pull_request_target"), "pass"),
    ("workflows.no-untrusted-checkout", workflow("      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n", on="pull_request"), "pass"),
    ("workflows.no-untrusted-checkout", workflow("      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.base.sha }}\n", on="pull_request_target"), "pass"),
    ("workflows.no-untrusted-checkout", workflow("      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.workflow_run.head_sha }}\n", on="workflow_run", job="    if: github.event.workflow_run.event == 'push'\n"), "pass"),
    ("workflows.no-untrusted-checkout", workflow("      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n", on="pull_request_target"), "fail"),
    ("workflows.no-untrusted-checkout", workflow("      - uses: actions/checkout@v4\n        with:\n          repository: ${{ github.event.pull_request.head.repo.full_name }}\n", on="[push, pull_request_target]"), "fail"),
    ("workflows.no-untrusted-checkout", workflow("      - run: gh pr checkout 5\n", on="\n  pull_request_target:\n    types: [opened]"), "fail"),
    ("workflows.no-untrusted-checkout", {"README.md": "# Shop\n"}, "not_applicable"),
    ("workflows.no-script-injection", runs("echo ${{ github.sha }} ${{ github.event.inputs.name }}"), "pass"),
    ("workflows.no-script-injection", runs("echo ${{ contains(github.event.comment.body, '/go') }}"), "pass"),
    ("workflows.no-script-injection", workflow("      - env:\n          T: ${{ github.event.issue.title }}\n        run: echo \"$T\"\n"), "pass"),
    ("workflows.no-script-injection", runs("echo '${{ github.event.issue.title }}'"), "fail"),
    ("workflows.no-script-injection", runs("echo ${{ github.head_ref || github.ref }}"), "fail"),
    ("workflows.no-script-injection", runs("echo '${{ toJSON(github.event) }}'"), "fail"),
    ("workflows.no-script-injection", workflow("      - uses: actions/github-script@v7\n        with:\n          script: console.log('${{ github.event.comment.body }}')\n"), "fail"),
    ("workflows.no-script-injection", {**workflow(), "action.yml": "runs:\n  using: composite\n  steps:\n    - run: echo ${{ github.head_ref }}\n"}, "fail"),
    ("workflows.no-script-injection", {"README.md": "# Shop\n"}, "not_applicable"),
    ("workflows.pinned-actions", uses(f"a/b@{HASH}", "./local", "actions/checkout@v4"), "pass"),
    ("workflows.pinned-actions", uses(f"a/b@{HASH}", f"docker://alpine@{DIGEST}"), "pass"),
    ("workflows.pinned-actions", uses(f"a/b@{HASH}", "a/c@v1"), "fail"),
    ("workflows.pinned-actions", uses("docker://alpine:3"), "fail"),
    ("workflows.pinned-actions", uses(f"a/b@{HASH}", "slsa-framework/slsa-github-generator/.github/workflows/g.yml@v2.1.0"), "pass"),
    ("workflows.pinned-actions", uses("actions/checkout@v4"), "not_applicable"),
    ("workflows.pinned-github-actions", uses(f"actions/checkout@{HASH}", "a/b@v1"), "pass"),
    ("workflows.pinned-github-actions", uses("github/codeql-action/analyze@v3"), "fail"),
    ("workflows.pinned-github-actions", uses("a/b@v1"), "not_applicable"),
    # artifacts
    ("artifacts.no-binaries", {"a.py": "x = 1\n"}, "pass"),
    ("artifacts.no-binaries", {"lib/a.jar": b"PK\x03\x04\x00\x00"}, "fail"),
    ("artifacts.no-binaries", {"vendor/a.dll": b"MZ\x00\x01"}, "fail"),
    ("artifacts.no-binaries", {"notes.lib": "only text\n"}, "pass"),
    ("artifacts.no-binaries", {"tests/data/a.jar": b"PK\x03\x04\x00\x00"}, "pass"),
    ("artifacts.no-binaries", {"gradle/wrapper/gradle-wrapper.jar": b"PK\x03\x04\x00\x00"}, "fail"),
    ("artifacts.no-binaries", {"gradle/wrapper/gradle-wrapper.jar": b"PK\x03\x04\x00\x00", **uses(f"gradle/actions/wrapper-validation@{HASH}")}, "pass"),
    ("artifacts.sbom", {**APP, **uses(f"anchore/sbom-action@{HASH}")}, "pass"),
    ("artifacts.sbom", {**APP, **workflow(PUSH + "          sbom: true\n")}, "pass"),
    ("artifacts.sbom", {**APP, "shop.cdx.json": "{}"}, "pass"),
    ("artifacts.sbom", {**APP, ".goreleaser.yaml": "sboms:\n  - artifacts: archive\n"}, "pass"),
    ("artifacts.sbom", {**APP, "README.md": "# Shop\n\n## SBOM\n\nIn each release.\n"}, "pass"),
    ("artifacts.sbom", APP, "fail"),
    ("artifacts.sbom", {"README.md": "# Shop\n"}, "not_applicable"),
    ("artifacts.signed", workflow(PUSH + "      - run: cosign sign image\n"), "pass"),
    ("artifacts.signed", workflow(PUSH + f"      - uses: actions/attest-build-provenance@{HASH}\n"), "pass"),
    ("artifacts.signed", {**workflow(PUSH), ".goreleaser.yml": "signs:\n  - artifacts: checksum\n"}, "pass"),
    ("artifacts.signed", workflow(PUSH), "fail"),
    ("artifacts.signed", workflow(PUSH.replace("true", "false")), "not_applicable"),
    ("artifacts.signed", uses("googleapis/release-please-action@v4"), "not_applicable"),
    ("artifacts.provenance", workflow(PUSH + "          provenance: mode=max\n"), "pass"),
    ("artifacts.provenance", runs("npm publish --provenance"), "pass"),
    ("artifacts.provenance", runs("npm publish"), "fail"),
    ("artifacts.provenance", runs("npm test"), "not_applicable"),
    # governance
    ("governance.contributing", {"docs/CONTRIBUTING.rst": "Rules\n"}, "pass"),
    ("governance.contributing", _readme("## Contributing\n\nSend patches."), "pass"),
    ("governance.contributing", _readme("Hello."), "fail"),
    ("governance.maintainers", {".github/CODEOWNERS": "* @a\n"}, "pass"),
    ("governance.maintainers", _readme("## Maintainers\n\n- a"), "pass"),
    ("governance.maintainers", {"src/owners.py": "x = 1\n"}, "fail"),
    ("governance.code-of-conduct", {**LICENSED, "CODE_OF_CONDUCT.md": "Be kind\n"}, "pass"),
    ("governance.code-of-conduct", {**LICENSED, "CONTRIBUTING.md": "See the [Code of Conduct](https://example.org).\n"}, "pass"),
    ("governance.code-of-conduct", LICENSED, "fail"),
    ("governance.code-of-conduct", {"README.md": "# Shop\n"}, "not_applicable"),
    ("governance.code-of-conduct", _license("Proprietary.\n"), "not_applicable"),
    ("governance.policy", {**LICENSED, "GOVERNANCE.md": "# Rules\n"}, "pass"),
    ("governance.policy", _readme("See [governance](https://example.org)."), "pass"),
    ("governance.policy", LICENSED, "fail"),
    ("governance.policy", {"README.md": "# Shop\n"}, "not_applicable"),
    ("governance.sign-off", {**LICENSED, "CONTRIBUTING.md": "Use `git commit -s`.\n"}, "pass"),
    ("governance.sign-off", {**LICENSED, ".github/dco.yml": "require:\n  members: false\n"}, "pass"),
    ("governance.sign-off", {**LICENSED, **uses(f"contributor-assistant/github-action@{HASH}")}, "pass"),
    ("governance.sign-off", {**LICENSED, "CONTRIBUTING.md": "Write tests.\n"}, "fail"),
    ("governance.sign-off", {"README.md": "# Shop\n"}, "not_applicable"),
    # openness
    ("openness.readme", {"docs/README.rst": "Shop\n"}, "pass"),
    ("openness.readme", {"README.md": ""}, "fail"),
    ("openness.changelog", {"HISTORY.rst": "1.0\n"}, "pass"),
    ("openness.changelog", {"packages/a/CHANGELOG.md": "# 1.0\n"}, "pass"),
    ("openness.changelog", {".changeset/blue-fish.md": "fix\n"}, "pass"),
    ("openness.changelog", _readme("See the [changelog](https://example.org)."), "pass"),
    ("openness.changelog", {"node_modules/a/CHANGELOG.md": "# 1.0\n"}, "fail"),
    ("openness.roadmap", {**LICENSED, "ROADMAP.md": "# Next\n"}, "pass"),
    ("openness.roadmap", _readme("## Roadmap\n\nMore."), "pass"),
    ("openness.roadmap", LICENSED, "fail"),
    ("openness.roadmap", {"ROADMAP.md": "# Next\n"}, "not_applicable"),
    ("openness.adopters", {**LICENSED, "ADOPTERS.md": "- a\n"}, "pass"),
    ("openness.adopters", _readme("## Who uses it\n\n- a"), "pass"),
    ("openness.adopters", {**LICENSED, "users.py": "x = 1\n"}, "fail"),
    ("openness.adopters", {"ADOPTERS.md": "- a\n"}, "not_applicable"),
    ("openness.meetings", {**_readme("Join our community meeting on Mondays."), "GOVERNANCE.md": "# Rules\n"}, "pass"),
    ("openness.meetings", {**LICENSED, "GOVERNANCE.md": "# Rules\n"}, "fail"),
    ("openness.meetings", LICENSED, "not_applicable"),
    ("openness.best-practices-badge", _readme("![b](https://www.bestpractices.dev/projects/7/badge)"), "pass"),
    ("openness.best-practices-badge", LICENSED, "fail"),
    ("openness.best-practices-badge", {"README.md": "# Shop\n"}, "not_applicable"),
    ("openness.scorecard", _readme("![b](https://api.scorecard.dev/projects/github.com/a/b/badge)"), "pass"),
    ("openness.scorecard", {**LICENSED, **uses(f"ossf/scorecard-action@{HASH}")}, "pass"),
    ("openness.scorecard", LICENSED, "fail"),
    ("openness.scorecard", {"README.md": "# Shop\n"}, "not_applicable"),
    ("openness.artifact-hub", {**_readme("[![A](https://artifacthub.io/badge/repository/shop)](https://artifacthub.io/packages/helm/shop)"), **CHART}, "pass"),
    ("openness.artifact-hub", {**LICENSED, **CHART}, "fail"),
    ("openness.artifact-hub", LICENSED, "not_applicable"),
]  # fmt: skip

KINDS: list[tuple[str, str, Files, str]] = [
    ("dependencies.locked", "service", {**APP, "package-lock.json": "{}"}, "pass"),
    ("dependencies.locked", "service", {"yarn.lock": "# lock\n", "packages/a/package.json": APP["package.json"]}, "pass"),
    ("dependencies.locked", "service", {"requirements.txt": "a==1.0\nb==2.1\n"}, "pass"),
    ("dependencies.locked", "service", {**GO, "go.sum": "github.com/a/b v1.0.0 h1:x=\n"}, "pass"),
    ("dependencies.locked", "service", {"requirements.txt": "a>=1.0\nb==2.1\n"}, "fail"),
    ("dependencies.locked", "service", APP, "fail"),
    ("dependencies.locked", "service", {**APP, "package-lock.json": "{}", "web/composer.json": '{"require": {"a/b": "^1"}}'}, "fail"),
    ("dependencies.locked", "library", APP, "not_applicable"),
    ("dependencies.locked", "service", {"README.md": "# Shop\n"}, "not_applicable"),
    ("artifacts.packaging", "library", runs("twine upload dist/*"), "pass"),
    ("artifacts.packaging", "cli", uses("googleapis/release-please-action@v4"), "pass"),
    ("artifacts.packaging", "library", runs("make test"), "fail"),
    ("artifacts.packaging", "service", runs("twine upload dist/*"), "not_applicable"),
    ("analysis.sast", "service", uses("github/codeql-action/analyze@v3"), "pass"),
    ("analysis.sast", "service", runs("bandit -r src"), "pass"),
    ("analysis.sast", "service", {".gitlab-ci.yml": "include:\n  - template: Security/SAST.gitlab-ci.yml\n"}, "pass"),
    ("analysis.sast", "service", {"pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "S"]\n'}, "pass"),
    ("analysis.sast", "service", uses("hadolint/hadolint-action@v3"), "fail"),
    ("analysis.sast", "service", uses("github/codeql-action/upload-sarif@v3"), "fail"),
    ("analysis.sast", "infrastructure", {"main.tf": "a = 1\n"}, "not_applicable"),
    ("analysis.fuzzing", "library", {".clusterfuzzlite/Dockerfile": "FROM scratch\n"}, "pass"),
    ("analysis.fuzzing", "library", {"a_test.go": "package a\n\nfunc FuzzParse(f *testing.F) {}\n"}, "pass"),
    ("analysis.fuzzing", "library", {"fuzz/fuzz_targets/a.rs": "fuzz_target!(|data| {});\n"}, "pass"),
    ("analysis.fuzzing", "library", {"fuzz/a.py": "import atheris\n"}, "pass"),
    ("analysis.fuzzing", "library", {"tests/test_a.py": "from hypothesis import given\n"}, "pass"),
    ("analysis.fuzzing", "library", {"src/a.test.ts": "import fc from 'fast-check';\n"}, "pass"),
    ("analysis.fuzzing", "library", {"A.java": "import com.code_intelligence.jazzer.api.FuzzedDataProvider;\n"}, "pass"),
    ("analysis.fuzzing", "library", {"a.py": "x = 1\n"}, "fail"),
    ("analysis.fuzzing", "documentation", {"README.md": "# Text\n"}, "not_applicable"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "files", "expected"), CASES)
def test_a_rule_says_of_a_small_tree(item: str, files: Files, expected: str) -> None:
    assert verdict(item, files).outcome == expected


@pytest.mark.parametrize(("item", "kind", "files", "expected"), KINDS)
def test_a_rule_depends_on_the_kind_of_repository(item: str, kind: str, files: Files, expected: str) -> None:
    assert verdict(item, files, kind=kind).outcome == expected


def test_every_rule_is_seen_to_pass_and_to_fail() -> None:
    seen = {(case[0], case[-1]) for case in (*CASES, *KINDS)}
    for rule in shipped().rules:
        assert {(rule.item, "pass"), (rule.item, "fail")} <= seen, rule.item
        assert rule.applies is None or (rule.item, "not_applicable") in seen, rule.item


def test_evidence_of_an_injection_is_the_line_of_the_expression() -> None:
    found = verdict(
        "workflows.no-script-injection",
        workflow("      - run: |\n          make\n          echo ${{ github.head_ref }}\n"),
    )
    assert [(e.path, e.excerpt) for e in found.evidence] == [
        (".github/workflows/ci.yml", "echo ${{ github.head_ref }}")
    ]


def test_a_workflow_that_calls_itself_generated_is_judged_like_any_other() -> None:
    generated = {
        path: f"# This file was autogenerated, do not edit\n{text}" for path, text in uses("a/b@v1").items()
    }
    assert verdict("workflows.pinned-actions", generated).outcome == "fail"


def test_a_broken_workflow_does_not_hide_what_another_one_does() -> None:
    files = {**uses("a/b@v1"), ".github/workflows/b.yml": "jobs:\n  a: {{ broken\n"}
    assert verdict("workflows.pinned-actions", files).outcome == "fail"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            ".github/workflows/a.yml",
            "on: pull_request_target\njobs:\n  a:\n    steps:\n      - run: "
            + "${{ github.event.commits" * 30_000,
        ),
        (
            ".github/workflows/a.yml",
            "on: workflow_run\njobs:\n  a:\n    steps:\n      - run: " + "git fetch " * 80_000,
        ),
        ("SECURITY.md", "vulnerability " + "a" * 900_000),
        ("LICENSE", "GNU " * 200_000),
        ("a.sh", "curl " * 180_000),
        ("a.sh", "curl x | sh\n" * 80_000),
    ],
)
def test_hostile_text_costs_no_more_than_reading_it(path: str, text: str) -> None:
    started = time.process_time()
    judged({path: text})
    assert time.process_time() - started < 5
