"""DevOps rules: images of the application, surroundings, pipelines, deployment and environments."""

import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service"}
CODE = {"a.py": "def a():\n    return 1\n"}
CPP = {"a.cpp": "int main() {\n  return 0;\n}\n"}
ITEMS = ["dockerfile", "compose", "ci", "deploy-automation", "environments"]


def dockerfile(*lines: str, path: str = "Dockerfile") -> dict[str, str]:
    return {**CODE, path: "FROM python:3.12\n" + "".join(f"{line}\n" for line in lines)}


def github(on: str, *steps: str) -> dict[str, str]:
    body = "".join(f"      - {step}\n" for step in steps)
    return {**CODE, ".github/workflows/ci.yml": f"on: {on}\njobs:\n  a:\n    runs-on: x\n    steps:\n{body}"}


IMAGES = [
    ("the source", dockerfile("COPY . .", "CMD python a.py"), "pass"),
    ("a folder of it", dockerfile("COPY --chown=app src /app"), "pass"),
    ("an artefact", dockerfile("ARG JAR", "COPY ${JAR} app.jar"), "pass"),
    ("in a list", dockerfile('COPY [".", "/app"]'), "pass"),
    ("mounted for the build", dockerfile("RUN --mount=type=bind,target=. go build -o /bin/a", "COPY --from=0 /bin/a /a"), "pass"),
    ("from its repository", dockerfile("RUN git clone https://example.org/a && make -C a"), "pass"),
    ("another file name", dockerfile("COPY . .", path="docker/api.Dockerfile"), "pass"),
    ("a Containerfile", dockerfile("COPY . .", path="Containerfile"), "pass"),
    ("a server's settings behind the source", dockerfile("COPY . .", "COPY nginx.conf /etc/nginx/nginx.conf"), "pass"),
    ("for development, without the source", dockerfile("COPY requirements.txt .", "RUN pip install -r requirements.txt"), "fail"),
    ("for development, manifests by a pattern", dockerfile("COPY package*.json ./", "RUN npm ci"), "fail"),
    ("for development, a manifest of Maven", dockerfile("COPY pom.xml .", "RUN mvn dependency:go-offline"), "fail"),
    ("for development, nothing", dockerfile("RUN apt-get install -y make"), "fail"),
    ("settings of a server alone", dockerfile("COPY nginx.conf /etc/nginx/nginx.conf"), "fail"),
    ("commented out", dockerfile("# COPY . ."), "fail"),
    ("in tests", dockerfile("COPY . .", path="tests/Dockerfile"), "fail"),
    ("in an example", dockerfile("COPY . .", path="examples/Dockerfile"), "fail"),
    ("jib", {"A.java": "class A {}\n", "build.gradle": "plugins { id 'com.google.cloud.tools.jib' version '3' }\n"}, "pass"),
    ("a buildpack in CI", {**CODE, ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: pack build app\n"}, "pass"),
    ("ko", {"a.go": "package a\n", "Makefile": "image:\n\tko build ./cmd/a\n"}, "pass"),
    ("containers of .NET", {"A.cs": "class A {}\n", "A.csproj": "<Project><PropertyGroup><ContainerImageName>a</ContainerImageName></PropertyGroup></Project>"}, "pass"),
    ("images of goreleaser", {"a.go": "package a\n", ".goreleaser.yml": "dockers:\n  - image_templates: [a]\n"}, "pass"),
    ("a compose file of others' images", {**CODE, "compose.yml": "services:\n  db:\n    image: postgres\n"}, "fail"),
    ("in a language nobody knows", {**CPP, "Dockerfile": "FROM gcc\nCOPY . .\n"}, "pass"),
    ("nothing", CPP, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in IMAGES], ids=[c[0] for c in IMAGES])
def test_an_image_of_the_application_is_built(files: dict[str, str], expected: str) -> None:
    assert verdict_of("devops.dockerfile", files, **SERVICE) == expected


COMPOSE = [
    ("compose", {**CODE, "compose.yaml": "services:\n  db:\n    image: postgres\n"}, "pass"),
    ("a folder of compose files", {**CODE, "src/main/docker/postgresql.yml": "services:\n  postgresql:\n    image: postgres\n"}, "pass"),
    ("services of a container, not of compose", {**CODE, "docker/app/config/services.yaml": "services:\n  A:\n    autowire: true\n"}, "fail"),
    ("an old file", {**CODE, "docker-compose.yml": "db:\n  image: postgres\n"}, "pass"),
    ("below docker", {**CODE, "docker/stack.yml": "services:\n  db:\n    image: postgres\n"}, "pass"),
    ("settings of a build", {**CODE, "docker/settings.yaml": "images:\n  debian:\n    build: a\n"}, "fail"),
    ("a devcontainer with services", {**CODE, ".devcontainer/devcontainer.json": '{"dockerComposeFile": "c.yml"}'}, "pass"),
    ("a devcontainer without", {**CODE, ".devcontainer/devcontainer.json": '{"image": "python"}'}, "fail"),
    ("Tilt", {**CODE, "Tiltfile": "k8s_yaml('a.yml')\n"}, "pass"),
    ("skaffold", {**CODE, "skaffold.yaml": "kind: Config\n"}, "pass"),
    ("Aspire", {"Program.cs": "var builder = DistributedApplication.CreateBuilder(args);\n"}, "pass"),
    ("services of CI", {**CODE, ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    services:\n      db:\n        image: postgres\n"}, "fail"),
    ("commented out", {**CODE, "compose.yaml": "# services:\n#   db:\n#     image: postgres\n"}, "fail"),
    ("in an example", {**CODE, "examples/compose.yaml": "services:\n  db:\n    image: postgres\n"}, "fail"),
    ("a Dockerfile", dockerfile("COPY . ."), "fail"),
    ("nothing", CPP, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in COMPOSE], ids=[c[0] for c in COMPOSE])
def test_surroundings_can_be_started(files: dict[str, str], expected: str) -> None:
    assert verdict_of("devops.compose", files, **SERVICE) == expected


PIPELINES = [
    ("a test", github("push", "run: pytest"), "pass"),
    ("a test of requests", github("pull_request", "run: npm test"), "pass"),
    ("a build of an image", github("push", "uses: docker/build-push-action@v5"), "pass"),
    ("a language is set up", github("push", "uses: actions/setup-go@v5"), "pass"),
    ("GitLab", {**CODE, ".gitlab-ci.yml": "test:\n  script:\n    - pytest\n"}, "pass"),
    ("CircleCI", {**CODE, ".circleci/config.yml": "version: 2\njobs:\n  build:\n    docker:\n      - image: x\n    steps:\n      - run: make test\n"}, "pass"),
    ("Travis", {**CODE, ".travis.yml": "language: python\nscript: pytest\n"}, "pass"),
    ("Azure", {**CODE, "azure-pipelines.yml": "trigger: [main]\nsteps:\n  - script: dotnet test\n"}, "pass"),
    ("Jenkins", {**CODE, "Jenkinsfile": "pipeline {\n  stages {\n    stage('a') {\n      steps {\n        sh 'mvn verify'\n      }\n    }\n  }\n}\n"}, "pass"),
    ("Cloud Build", {**CODE, "cloudbuild.yaml": "steps:\n- name: golang\n  entrypoint: ./scripts/lint.sh\n"}, "pass"),
    ("nothing of Cloud Build", {**CODE, "cloudbuild.yaml": "images: [a]\n"}, "fail"),
    ("pre-commit.ci", {**CODE, ".pre-commit-config.yaml": "ci:\n  autofix_prs: true\nrepos: []\n"}, "pass"),
    ("hooks alone", {**CODE, ".pre-commit-config.yaml": "repos: []\n"}, "fail"),
    ("a deployment alone", github("push", "run: ssh host ./deploy.sh"), "fail"),
    ("a deployment by a chart", github("push", "run: helm upgrade app chart"), "fail"),
    ("a deployment by a script", github("push", "run: ./deploy.sh"), "fail"),
    ("a deployment by make", github("push", "run: make deploy"), "fail"),
    ("labels on issues", github("issues", "uses: actions/labeler@v5"), "fail"),
    ("tags only", github("{push: {tags: ['v*']}}", "run: npm publish"), "fail"),
    ("a step that is commented out", github("push", "uses: actions/checkout@v4", "# run: pytest"), "fail"),
    ("in an example", {**CODE, "examples/.github/workflows/ci.yml": github("push", "run: pytest")[".github/workflows/ci.yml"]}, "fail"),
    ("nothing", CPP, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in PIPELINES], ids=[c[0] for c in PIPELINES])
@pytest.mark.parametrize("kind", ["service", "documentation"])
def test_a_pipeline_builds_or_checks_the_code(kind: str, files: dict[str, str], expected: str) -> None:
    assert verdict_of("devops.ci", files, kind=kind) == expected


DEPLOYMENT = [
    ("an image is pushed", github("push", "run: docker push a"), "pass"),
    ("a package is published on tags", github("{push: {tags: ['v*']}}", "run: npm publish"), "pass"),
    ("an action publishes", github("release", "uses: pypa/gh-action-pypi-publish@v1"), "pass"),
    ("tests alone", github("push", "run: pytest"), "fail"),
    ("a step that is commented out", github("push", "run: pytest  # docker push a"), "fail"),
    ("Kubernetes", {**CODE, "k8s/a.yml": "apiVersion: apps/v1\nkind: Deployment\n"}, "pass"),
    ("an API description is no manifest", {**CODE, "api.yml": "openapi: 3.0.0\nkind: Service\n"}, "fail"),
    ("a chart", {**CODE, "chart/Chart.yaml": "name: a\n"}, "pass"),
    ("a platform", {**CODE, "fly.toml": "app = 'a'\n"}, "pass"),
    ("a Procfile", {**CODE, "Procfile": "web: python a.py\n"}, "pass"),
    ("Ansible", {**CODE, "ansible/site.yml": "- hosts: all\n"}, "pass"),
    ("a script that a person starts", {**CODE, "scripts/deploy.sh": "rsync -a . host:\n"}, "pass"),
    ("a target of make", {**CODE, "Makefile": "release:\n\ttwine upload dist/*\n"}, "pass"),
    ("a target without", {**CODE, "Makefile": "release:\n\techo done\n"}, "fail"),
    ("a script of the manifest", {**CODE, "package.json": '{"scripts": {"deploy": "gh-pages -d build"}}'}, "pass"),
    ("a releaser that is installed only", {**CODE, "package.json": '{"devDependencies": {"semantic-release": "22"}}'}, "fail"),
    ("a releaser with its file", {**CODE, ".releaserc.json": '{"branches": ["main"]}'}, "pass"),
    ("Capistrano", {"Capfile": "require 'capistrano/setup'\n", "a.rb": "def a\nend\n"}, "pass"),
    ("fabric that is installed only", {**CODE, "requirements.txt": "fabric\n"}, "fail"),
    ("a Dockerfile", dockerfile("COPY . ."), "fail"),
    ("a compose file", {**CODE, "compose.yml": "services:\n  db:\n    image: postgres\n"}, "fail"),
    ("in an example", {**CODE, "examples/k8s/a.yml": "kind: Deployment\n"}, "fail"),
    ("in tests", {**CODE, "tests/k8s/a.yml": "kind: Deployment\n"}, "fail"),
    ("nothing", CPP, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in DEPLOYMENT], ids=[c[0] for c in DEPLOYMENT])
def test_deployment_is_automated(files: dict[str, str], expected: str) -> None:
    assert verdict_of("devops.deploy-automation", files, **SERVICE) == expected


ENVIRONMENTS = [
    ("modules of Django", {**CODE, "app/settings/local.py": "A = 1\n", "app/settings/production.py": "A = 2\n"}, "pass"),
    ("modules below the configuration", {**CODE, "config/django/local.py": "A = 1\n", "config/django/test.py": "A = 2\n"}, "pass"),
    ("tests of helpers", {**CODE, "src/env.test.ts": "a\n", "src/config.test.ts": "b\n", ".env.local": "A=1\n"}, "fail"),
    ("one module", {**CODE, "app/settings.py": "A = 1\n"}, "fail"),
    ("profiles of Spring", {"A.java": "class A {}\n", "application-dev.yml": "a: 1\n", "application-prod.yml": "a: 2\n"}, "pass"),
    ("profiles of databases", {"A.java": "class A {}\n", "application-mysql.yml": "a: 1\n", "application-postgres.yml": "a: 2\n"}, "fail"),
    ("profiles in one file", {"A.java": "class A {}\n", "application.yml": "a: 1\n---\nspring:\n  config:\n    activate:\n      on-profile: prod\na: 2\n"}, "pass"),
    ("files of .NET", {"A.cs": "class A {}\n", "appsettings.Development.json": "{}\n", "appsettings.Production.json": "{}\n"}, "pass"),
    ("environments of Rails", {"config/environments/test.rb": "a\n", "config/environments/production.rb": "b\n"}, "pass"),
    ("templates", {**CODE, ".env.development.example": "A=1\n", ".env.production.example": "A=2\n"}, "pass"),
    ("one template", {**CODE, ".env.example": "A=1\n"}, "fail"),
    ("one environment and a template", {**CODE, ".env.example": "A=1\n", ".env.test": "A=2\n"}, "fail"),
    ("compose files", {**CODE, "docker-compose.dev.yml": "services: {}\n", "docker-compose.prod.yml": "services: {}\n"}, "pass"),
    ("a compose file and one for production", {**CODE, "compose.yml": "services: {}\n", "compose.prod.yml": "services: {}\n"}, "pass"),
    ("a compose file that adds a container for tests", {**CODE, "compose.yml": "services: {}\n", "compose.test.yml": "services: {}\n"}, "fail"),
    ("one compose file", {**CODE, "docker-compose.yml": "services: {}\n"}, "fail"),
    ("values", {**CODE, "chart/values-staging.yaml": "a: 1\n", "chart/values-dev.yaml": "a: 2\n"}, "pass"),
    ("overlays", {**CODE, "overlays/dev/kustomization.yaml": "a: 1\n", "overlays/prod/kustomization.yaml": "a: 2\n"}, "pass"),
    ("twice the same environment", {**CODE, ".env.test": "A=1\n", "docker-compose.test.yml": "services: {}\n"}, "fail"),
    ("classes of settings", {"config.py": "class ProdConfig(Config):\n    pass\n\nclass DevConfig(Config):\n    pass\n"}, "pass"),
    ("classes that are commented out", {"config.py": "# class ProdConfig(Config):\n#     pass\nx = 1\n"}, "fail"),
    ("one file with a table for each", {"a.js": "x();\n", "config/config.js": "module.exports = {\n  development: {},\n  production: {},\n};\n"}, "pass"),
    ("environments of Symfony", {"a.php": "<?php\n", "config/packages/a.yaml": "when@prod:\n  a: 1\n"}, "pass"),
    ("in an example", {**CODE, "examples/.env.development": "A=1\n", "examples/.env.production": "A=2\n"}, "fail"),
    ("nothing", CPP, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in ENVIRONMENTS], ids=[c[0] for c in ENVIRONMENTS])  # fmt: skip
def test_environments_have_settings_of_their_own(files: dict[str, str], expected: str) -> None:
    assert verdict_of("devops.environments", files, **SERVICE) == expected


ALL = {"dockerfile", "compose", "ci", "deploy-automation", "environments"}


@pytest.mark.parametrize(
    ("kind", "judged"),
    [
        ("service", ALL),
        ("cli", {"dockerfile", "ci", "deploy-automation"}),
        ("frontend", {"dockerfile", "ci", "deploy-automation"}),
        ("library", {"ci", "deploy-automation"}),
        ("infrastructure", {"ci", "deploy-automation"}),
        ("documentation", {"ci"}),
    ],
)
def test_what_is_asked_of_each_kind(kind: str, judged: set[str]) -> None:
    outcomes = {item: verdict_of(f"devops.{item}", CODE, kind=kind) for item in ITEMS}
    assert {item for item, outcome in outcomes.items() if outcome == "fail"} == judged
    assert {outcome for item, outcome in outcomes.items() if item not in judged} <= {"not_applicable"}
