import pytest

from scanners.classify import role_of


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("app/main.py", "source"),
        ("tests/test_main.py", "test"),
        ("app/test_main.py", "test"),
        ("app/tests.py", "test"),
        ("app/latest.py", "source"),
        ("src/contest/views.py", "source"),
        ("pkg/server_test.go", "test"),
        ("src/user.spec.ts", "test"),
        ("src/main/java/com/example/demo/App.java", "source"),
        ("src/main/java/org/acme/samples/App.java", "source"),
        ("src/test/java/com/example/AppTests.java", "test"),
        ("service/src/test/resources/application-test.yml", "test"),
        ("tests/Application.UnitTests/FooTests.cs", "test"),
        ("src/Application.FunctionalTests/Foo.cs", "test"),
        ("spec/models/user_spec.rb", "test"),
        ("web/node_modules/x/index.js", "vendored"),
        ("vendor/github.com/x/y.go", "vendored"),
        ("wwwroot/lib/jquery/jquery.js", "vendored"),
        ("static/app.min.js", "generated"),
        ("api/v1/service.pb.go", "generated"),
        ("dist/bundle.js", "generated"),
        ("package-lock.json", "generated"),
        ("examples/basic/app.py", "example"),
        ("README.md", "docs"),
        (".assistant/skills/audit/scripts/audit.py", "example"),
        (".assistant/skills/audit/GUIDE.md", "example"),
        (".github/scripts/release.py", "source"),
        (".github/CONTRIBUTING.md", "docs"),
        (".woodpecker/test.yml", "source"),
        ("cookbook/models.py", "source"),
        ("tst/ModelTest.php", "test"),
        ("docs/conf.py", "docs"),
        ("CONTRIBUTING", "docs"),
        ("tests_e2e/login.py", "test"),
        ("SECURITY.md", "docs"),
        ("app/security.py", "source"),
        ("config/development.js", "source"),
        ("requirements.txt", "source"),
        ("jest.config.js", "source"),
        ("tox.ini", "source"),
        ("Dockerfile", "source"),
    ],
)
def test_the_role_of_a_path(path: str, role: str) -> None:
    assert role_of(path) == role
