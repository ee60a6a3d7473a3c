"""Which language a path is written in, by name alone.

Names are those that rulesets use in ``in:``. ``GROUPS`` are the short names a ruleset may use for several.
"""

from functools import cache, lru_cache

_BY_SUFFIX = {
    "py": "python", "pyi": "python", "pyw": "python",
    "js": "javascript", "jsx": "javascript", "mjs": "javascript", "cjs": "javascript",
    "ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "tsx",
    "vue": "vue", "svelte": "svelte", "astro": "astro",
    "go": "go", "java": "java", "kt": "kotlin", "kts": "kotlin", "groovy": "groovy", "gradle": "groovy",
    "scala": "scala", "sbt": "sbt", "rb": "ruby", "rake": "ruby", "gemspec": "ruby", "ru": "ruby",
    "php": "php", "cs": "csharp", "fs": "fsharp", "vb": "vb", "rs": "rust", "ex": "elixir", "exs": "elixir",
    "swift": "swift", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp", "hpp": "cpp", "dart": "dart",
    "lua": "lua", "pl": "perl", "pm": "perl", "r": "r", "clj": "clojure", "erl": "erlang", "hs": "haskell",
    "html": "html", "htm": "html", "j2": "html", "jinja": "html", "jinja2": "html", "jinja-html": "html",
    "erb": "html", "haml": "html", "slim": "html", "ejs": "html", "hbs": "html", "handlebars": "html",
    "mustache": "html", "pug": "html", "njk": "html", "twig": "html", "cshtml": "html", "razor": "html",
    "jsp": "html", "ftl": "html", "heex": "html", "leex": "html", "eex": "html", "templ": "html", "tmpl": "html",
    "gohtml": "html", "liquid": "html", "mako": "html",
    "css": "css", "scss": "css", "sass": "css", "less": "css",
    "md": "markdown", "markdown": "markdown", "mdx": "markdown", "rst": "markdown", "adoc": "markdown",
    "asciidoc": "markdown", "org": "markdown", "rdoc": "markdown",
    "yml": "yaml", "yaml": "yaml", "json": "json", "jsonc": "json", "json5": "json", "toml": "toml",
    "ini": "ini", "cfg": "ini", "properties": "properties", "env": "env", "xml": "xml", "csproj": "xml",
    "fsproj": "xml", "props": "xml", "targets": "xml", "config": "xml", "neon": "yaml", "dist": "xml",
    "sql": "sql", "sh": "shell", "bash": "shell", "zsh": "shell", "ps1": "shell", "fish": "shell",
    "tf": "hcl", "hcl": "hcl", "tfvars": "hcl", "conf": "conf", "proto": "proto", "graphql": "graphql",
    "graphqls": "graphql", "gql": "graphql", "prisma": "prisma", "http": "http", "rest": "http", "txt": "text",
    "mk": "makefile", "dockerfile": "dockerfile", "ipynb": "notebook", "bicep": "hcl", "vcl": "conf",
    "pem": "key", "key": "key", "ppk": "key", "p8": "key",
}  # fmt: skip

_BY_NAME = {
    "dockerfile": "dockerfile", "containerfile": "dockerfile", "makefile": "makefile", "gnumakefile": "makefile",
    "justfile": "makefile", "rakefile": "ruby", "gemfile": "ruby", "guardfile": "ruby", "capfile": "ruby",
    "brewfile": "ruby", "jenkinsfile": "groovy", "procfile": "text", "caddyfile": "conf", "vagrantfile": "ruby",
    ".env": "env", ".editorconfig": "ini", ".flake8": "ini", ".pylintrc": "ini", ".coveragerc": "ini",
    "readme": "markdown", "contributing": "markdown", "license": "text", "codeowners": "text", "pipfile": "toml",
    ".babelrc": "json", ".eslintrc": "json", ".prettierrc": "json", "go.mod": "gomod", "manage.py": "python",
    ".shellcheckrc": "ini", "httpd.conf": "conf", "nginx.conf": "conf", "mix.lock": "text", ".htaccess": "conf",
    "id_rsa": "key", "id_dsa": "key", "id_ecdsa": "key", "id_ed25519": "key", ".npmrc": "ini", ".pypirc": "ini",
}  # fmt: skip

GROUPS: dict[str, tuple[str, ...]] = {
    "js": ("javascript", "typescript", "tsx", "vue", "svelte", "astro"),
    "ts": ("typescript", "tsx"),
    "jvm": ("java", "kotlin", "groovy", "scala"),
    "code": (
        "python", "javascript", "typescript", "tsx", "vue", "svelte", "astro", "go", "java", "kotlin", "groovy", "scala",
        "ruby", "php", "csharp", "fsharp", "rust", "elixir",
    ),
    "config": ("yaml", "json", "toml", "ini", "properties", "env", "xml", "conf", "hcl"),
}  # fmt: skip

CODE = frozenset(
    ["python", "javascript", "typescript", "tsx", "vue", "svelte", "astro", "go", "java", "kotlin", "groovy",
     "scala", "ruby", "php", "csharp", "fsharp", "vb", "rust", "elixir", "swift", "c", "cpp", "dart", "lua",
     "perl", "r", "clojure", "erlang", "haskell"]
)  # fmt: skip
"""Programming languages: what counts as source lines."""

FAMILIES = {
    "javascript": "javascript", "typescript": "typescript", "tsx": "typescript", "vue": "javascript",
    "svelte": "javascript", "astro": "javascript", "fsharp": "csharp", "vb": "csharp", "groovy": "java",
}  # fmt: skip
"""Languages that a person would call by another's name when asked for the stack."""


@lru_cache(maxsize=65536)
def language_of_name(basename: str) -> str:
    """The language of a file called ``basename``, or "" where the name does not tell."""
    name = basename.lower()
    found = _BY_NAME.get(name)
    if found:
        return found
    if name.startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    if name.startswith(".env"):
        return "env"
    if name.endswith(".blade.php"):
        return "html"
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return ""
    found = _BY_SUFFIX.get(suffix)
    if found:
        return found
    if suffix in ("example", "sample", "dist", "template", "tpl", "tftpl", "default") and stem:
        return language_of_name(stem) if "." in stem else ""
    return ""


def language_of(path: str) -> str:
    """The language of ``path``, or "" where its name does not tell."""
    return language_of_name(path.rsplit("/", 1)[-1])


@cache
def expand(names: tuple[str, ...]) -> frozenset[str]:
    """The languages that a ruleset's ``in:`` list stands for; groups are opened, "typescript" brings "tsx"."""
    languages: set[str] = set()
    for name in names:
        languages.update(GROUPS.get(name, (name,)))
        if name == "typescript":
            languages.add("tsx")
    return frozenset(languages)


@cache
def all_languages() -> frozenset[str]:
    """Every language name that can be the answer of ``language_of``."""
    return frozenset(_BY_SUFFIX.values()) | frozenset(_BY_NAME.values())
