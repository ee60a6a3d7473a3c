"""Settings files become flat leaves with true lines; hostile ones are refused."""

import contextlib
import time

import pytest

from scanners.inventory.structured import SettingsError, is_structured, parse_settings


def leaves(path: str, text: str) -> dict[str, tuple[str, int]]:
    return {s.key: (s.value, s.line) for s in parse_settings(path, text)}


def test_nested_yaml_and_flat_properties_give_the_same_keys() -> None:
    nested = leaves(
        "application.yml", "server:\n  compression:\n    enabled: true\nlogging.level.root: INFO\n"
    )
    flat = leaves(
        "application.properties", "# x\nserver.compression.enabled = true\nlogging.level.root=INFO\n"
    )
    assert nested == {"server.compression.enabled": ("true", 3), "logging.level.root": ("INFO", 4)}
    assert {key: value for key, (value, _) in flat.items()} == {
        key: value for key, (value, _) in nested.items()
    }


def test_yaml_scalars_stay_as_written_over_all_documents() -> None:
    text = "on: push\nversion: 3.10\nlist:\n  - a\n  - b: yes\n---\nsecond:\n"
    text += "  text: |\n    one\n    two\nnone: {}\n"
    assert leaves("a.yaml", text) == {
        "on": ("push", 1),
        "version": ("3.10", 2),
        "list.0": ("a", 4),
        "list.1.b": ("yes", 5),
        "second.text": ("one\ntwo\n", 8),
        "none": ("{}", 11),
    }


def test_yaml_anchors_and_merge_keys_are_followed() -> None:
    text = "base: &b\n  retries: 3\n  mode: safe\nuse:\n  <<: *b\n  mode: fast\n"
    found = leaves("a.yml", text)
    assert found["use.retries"] == ("3", 2)
    assert found["use.mode"] == ("fast", 6)
    assert "use.<<" not in found


def test_toml_lines_reach_into_arrays_tables_and_multi_line_strings() -> None:
    text = (
        '[project]\nname = "x"\ndependencies = [\n  "django>=5",\n  "redis",  # cache\n]\n'
        '[tool.ruff]\nlint.select = ["E", "F"]\n[tool.x]\ntext = """\nfake = 1\n'
        '[not.a.table]\n"""\nafter = true\n'
        '[[tool.y]]\nname = "one"\n[[tool.y]]\nname = "two"\n"dotted.key" = 1\n'
    )
    found = leaves("pyproject.toml", text)
    assert found["project.dependencies.0"] == ("django>=5", 4)
    assert found["project.dependencies.1"] == ("redis", 5)
    assert found["tool.ruff.lint.select.1"] == ("F", 8)
    assert found["tool.x.after"] == ("true", 14)
    assert found["tool.y.0.name"] == ("one", 16)
    assert found["tool.y.1.name"] == ("two", 18)
    assert found["tool.y.1.dotted.key"] == ("1", 19)


def test_json_tolerates_comments_trailing_commas_and_bare_keys() -> None:
    text = '// settings\n{\n  "strict": true, /* why */\n  \'paths\': {"@/*": ["src/*",],},\n'
    text += '  extends: "a\\"b",\n  "n": null\n}\n'
    assert leaves("tsconfig.json", text) == {
        "strict": ("true", 3),
        "paths.@/*.0": ("src/*", 4),
        "extends": ('a"b', 5),
        "n": ("null", 6),
    }


def test_ini_sections_and_continued_values() -> None:
    text = "root = true\n[tool:pytest]\naddopts =\n    -ra\n    --cov\n; no\n[*.py]\nindent_size: 4\nflag\n"
    assert leaves("setup.cfg", text) == {
        "root": ("true", 1),
        "tool:pytest.addopts": ("-ra\n--cov", 3),
        "*.py.indent_size": ("4", 8),
        "*.py.flag": ("", 9),
    }


def test_properties_continue_escape_and_count() -> None:
    text = "a.b[0].c=x\nlong=one, \\\n   two\nkey\\:odd : v\nuni=\\u00e9\nalone\n"
    assert leaves("x.properties", text) == {
        "a.b.0.c": ("x", 1),
        "long": ("one, two", 2),
        "key:odd": ("v", 4),
        "uni": ("é", 5),
        "alone": ("", 6),
    }


def test_env_files_lose_quotes_and_comments() -> None:
    text = "# c\nexport A='x y'\nB=\"q\" # note\nC=plain # note\nD=\nnot a line\n"
    assert leaves(".env.example", text) == {"A": ("x y", 2), "B": ("q", 3), "C": ("plain", 4), "D": ("", 5)}


def test_xml_gives_element_paths_attributes_and_text() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-16"?>\n<m:project xmlns:m="urn:x">\n  <web.config a="1"/>\n'
        "  <dep>one</dep>\n  <dep>two</dep>\n</m:project>\n"
    )
    settings = [(s.key, s.value, s.line) for s in parse_settings("pom.xml", text)]
    assert ("project.web.config.@a", "1", 3) in settings
    assert [s for s in settings if s[0] == "project.dep"] == [
        ("project.dep", "one", 4),
        ("project.dep", "two", 5),
    ]


def test_templates_are_read_line_by_line() -> None:
    helm = (
        "metadata:\n  name: {{ .Release.Name }}\n{{- if .Values.on }}\nspec:\n  containers:\n"
        "    - name: web\n"
        '      image: "x"\n      livenessProbe:\n        path: /healthz\n    - name: side\n{{- end }}\n'
    )
    found = leaves("chart/templates/d.yaml", helm)
    assert found["spec.containers.0.livenessProbe.path"] == ("/healthz", 9)
    assert found["spec.containers.1.name"] == ("side", 10)
    erb = (
        "production:\n  pool: <%= ENV.fetch('P') { 5 } %>\n  <% if x %>\n  adapter: postgresql\n  <% end %>\n"
    )
    assert leaves("config/database.yml", erb)["production.adapter"] == ("postgresql", 4)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yml", "a: [1\nb: 2\n"),
        ("a.yml", "a: *missing\n"),
        ("a.yml", "a: \x00\n"),
        ("a.json", '{"a": 1'),
        ("a.json", '{"a" 1}'),
        ("a.json", '{"a": 1 "b": 2}'),
        ("a.json", '{"a"}'),
        ("a.json", "[1}"),
        ("a.json", ""),
        ("a.toml", "a = \n"),
        ("a.xml", "<a><b></a>"),
        ("a.ini", "[x]\n<<<<<<< HEAD\na=1\n=======\na=2\n>>>>>>> other\n"),
        ("a.yml", "<<<<<<< HEAD\na: 1\n=======\na: {{ 2 }}\n>>>>>>> other\n"),
    ],
)
def test_broken_files_are_unparsable(path: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(path, text)
    assert caught.value.id == "settings.unparsable"


_LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yml", _LAUGHS),
        ("a.yml", "a: &a [*a]\n"),
        ("a.yml", "[" * 200 + "]" * 200),
        ("a.yml", "- " * 50_000),
        ("a.json", "[" * 50_000),
        ("a.toml", "a = " + "[" * 50_000),
        ("a.json", "[" + "1," * 300_000 + "1]"),
        ("a.ini", "a=1\n" * 300_000),
        ("a.xml", '<!DOCTYPE a [<!ENTITY x "xx">]><a>&x;</a>'),
        ("a.xml", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        ("a.xml", "<a>" * 5000),
    ],
)
def test_bombs_are_refused(path: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(path, text)
    assert caught.value.id == "settings.bomb"


@pytest.mark.parametrize("path", ["a.ini", "a.properties", "a.env", "a.toml", "a.yml", "a.json", "a.xml"])
@pytest.mark.parametrize(
    "text", ["a" + " " * 900_000 + "b", "a=" + "  b" * 300_000, "\n" * 900_000, '"' * 900_000]
)
def test_odd_text_takes_little_time(path: str, text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(SettingsError):
        assert all(setting.line for setting in parse_settings(path, text))
    assert time.process_time() - started < 3


def test_formats_are_known_by_name() -> None:
    known = [".editorconfig", "a/.flake8", "tox.ini", "phpunit.xml.dist", "Web.config", ".prettierrc",
             ".env.production", "config/database.yml.erb", "x.csproj", "Pipfile", "renovate.json5",
             ".devcontainer/devcontainer.json"]  # fmt: skip
    assert [path for path in known if not is_structured(path)] == []
    assert [
        path for path in ["a.py", "Makefile", "README.md", "LICENSE", "environment"] if is_structured(path)
    ] == []
    assert parse_settings("a.py", "x = 1") == ()


def test_rc_files_are_json_or_yaml() -> None:
    assert leaves(".prettierrc", '{"semi": false}') == {"semi": ("false", 1)}
    assert leaves(".prettierrc", "semi: false\n") == {"semi": ("false", 1)}
