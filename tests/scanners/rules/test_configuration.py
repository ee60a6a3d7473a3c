import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True, "has_users": True}
LIBRARY = {"kind": "library", "has_http_api": False, "has_database": False, "has_users": False}

STRANGE = {"a.cpp": "int main() {\n  return 0;\n}\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "import os\nurl = os.environ['DATABASE_URL']\n"}, "pass"),
        ({"a.py": "url = os.getenv('DATABASE_URL', '')\n"}, "pass"),
        ({"a.py": "from decouple import config\nDEBUG = config('DEBUG', cast=bool)\n"}, "pass"),
        ({"a.py": "class Settings(BaseSettings):\n    url: str\n"}, "pass"),
        ({"a.py": "# url = os.environ['DATABASE_URL']\nurl = 'sqlite:///a.db'\n"}, "fail"),
        ({"a.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')\n"}, "fail"),
        ({"tests/test_a.py": "import os\nurl = os.environ['DATABASE_URL']\n"}, "fail"),
        ({"examples/a.py": "import os\nurl = os.environ['DATABASE_URL']\n"}, "fail"),
        ({"a.ts": "export const url = process.env.DATABASE_URL;\n"}, "pass"),
        ({"a.ts": "const { PORT } = process.env;\n"}, "pass"),
        ({"a.ts": "if (process.env.NODE_ENV === 'production') a();\n"}, "fail"),
        ({"a.ts": "// const url = process.env.DATABASE_URL;\nconst url = 'mongodb://localhost';\n"}, "fail"),
        ({"a.ts": "constructor(private configService: ConfigService) {}\n"}, "pass"),
        ({"a.ts": "const url = import.meta.env.VITE_API_URL;\n"}, "pass"),
        ({"a.go": 'package a\nvar url = os.Getenv("DATABASE_URL")\n'}, "pass"),
        ({"a.go": "package a\nfunc a() { viper.AutomaticEnv() }\n"}, "pass"),
        ({"a.go": 'package a\ntype C struct {\n\tURL string `env:"DATABASE_URL"`\n}\n'}, "pass"),
        ({"a.go": 'package a\n// var url = os.Getenv("DATABASE_URL")\n'}, "fail"),
        ({"src/main/resources/application.yml": "spring:\n  datasource:\n    url: ${DATABASE_URL}\n", "A.java": "class A {}\n"}, "pass"),
        ({"src/main/resources/application.yml": "spring:\n  datasource:\n    url: jdbc:h2:mem:a\n", "A.java": "class A {}\n"}, "fail"),
        ({"pom.xml": "<project><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>", "A.java": 'class A {\n  @Value("${app.url}")\n  String url;\n}\n'}, "pass"),
        ({"A.kt": 'val url = System.getenv("DATABASE_URL")\n'}, "pass"),
        ({"a.rb": "url = ENV.fetch('DATABASE_URL')\n"}, "pass"),
        ({"config/database.yml": "production:\n  url: <%= ENV['DATABASE_URL'] %>\n", "a.rb": "a = 1\n"}, "pass"),
        ({"a.rb": "# url = ENV['DATABASE_URL']\n"}, "fail"),
        ({"config/app.php": "<?php return ['url' => env('APP_URL')];"}, "pass"),
        ({"A.cs": 'var c = builder.Configuration.GetConnectionString("Default");\n'}, "pass"),
        ({"a.rs": 'let url = std::env::var("DATABASE_URL")?;\n'}, "pass"),
        ({"a.rs": "use std::env::args;\nlet url = \"x\";\n"}, "fail"),
        ({"a.rs": 'let v = env!("CARGO_PKG_VERSION");\n'}, "fail"),
        ({"config/runtime.exs": 'config :a, url: System.fetch_env!("DATABASE_URL")\n'}, "pass"),
        ({"a.py": "url = 'x'\n", ".github/workflows/a.yml": "on: push\nenv:\n  A: ${{ secrets.A }}\n"}, "fail"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_settings_come_from_outside(files: dict[str, str], expected: str) -> None:
    assert verdict_of("configuration.environment", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("service", "pass"),
        ("cli", "pass"),
        ("frontend", "pass"),
        ("library", "not_applicable"),
        ("infrastructure", "not_applicable"),
        ("documentation", "not_applicable"),
    ],
)
def test_programs_are_configured_where_they_run(kind: str, expected: str) -> None:
    files = {"a.py": "import os\nurl = os.environ['DATABASE_URL']\n"}
    assert verdict_of("configuration.environment", files, **{**LIBRARY, "kind": kind}) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "import hvac\nclient = hvac.Client()\n"}, "pass"),
        ({"a.py": "import boto3\nc = boto3.client('secretsmanager')\n"}, "pass"),
        ({"a.py": "# c = boto3.client('secretsmanager')\n"}, "fail"),
        ({"requirements.txt": "hvac==1.0\n", "a.py": "a = 1\n"}, "fail"),
        ({"tests/test_a.py": "import hvac\n"}, "fail"),
        ({"a.ts": "import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';\n"}, "pass"),
        ({"a.go": 'package a\nimport (\n\tvault "github.com/hashicorp/vault/api"\n)\n'}, "pass"),
        ({"pom.xml": "<project><dependencies><dependency><groupId>org.springframework.cloud</groupId><artifactId>spring-cloud-starter-vault-config</artifactId></dependency></dependencies></project>", "A.java": "class A {}\n"}, "pass"),
        ({"A.cs": "builder.Configuration.AddAzureKeyVault(uri, credential);\n"}, "pass"),
        ({"a.py": "model_config = SettingsConfigDict(secrets_dir='/run/secrets')\n"}, "pass"),
        ({"entrypoint.sh": "file_env() {\n  val=$(cat \"$DB_PASSWORD_FILE\")\n}\n"}, "pass"),
        ({"a.py": "LOG_FILE = os.environ['LOG_FILE']\n"}, "fail"),
        ({"config/credentials.yml.enc": "abc\n", "a.rb": "a = 1\n"}, "pass"),
        ({".sops.yaml": "creation_rules: []\n"}, "pass"),
        ({"k8s/a.yaml": "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\n"}, "pass"),
        ({"k8s/a.yaml": "kind: Deployment\nspec:\n  env:\n    - name: A\n      valueFrom:\n        secretKeyRef:\n          name: a\n"}, "pass"),
        ({"docker-compose.yml": "services:\n  a:\n    image: a\n    secrets:\n      - db\nsecrets:\n  db:\n    file: ./db.txt\n"}, "pass"),
        ({"src/main/resources/application.yml": "spring:\n  config:\n    import: vault://\n", "A.java": "class A {}\n"}, "pass"),
        ({"main.tf": 'resource "aws_secretsmanager_secret" "a" {\n  name = "a"\n}\n'}, "pass"),
        ({"a.py": "key = os.environ['SECRET_KEY']\n", ".github/workflows/a.yml": "on: push\nenv:\n  A: ${{ secrets.A }}\n"}, "fail"),
        ({"a.py": "key = os.environ['SECRET_KEY']\n"}, "fail"),
        (STRANGE, "fail"),
    ],
)  # fmt: skip
def test_secrets_can_come_from_a_manager_or_mounted_files(files: dict[str, str], expected: str) -> None:
    assert verdict_of("configuration.secrets-manager", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"settings.py": "SECRET_KEY_FALLBACKS = env.list('OLD_KEYS', default=[])\n"}, "pass"),
        ({"settings.py": "# SECRET_KEY_FALLBACKS = []\nSECRET_KEY = env('KEY')\n"}, "fail"),
        ({"a.py": "f = MultiFernet([Fernet(a), Fernet(b)])\n"}, "pass"),
        ({"a.ts": "const token = jwt.sign(payload, privateKey, { header: { kid: 'a' } });\n"}, "pass"),
        ({"a.ts": "secret: passportJwtSecret({ jwksUri: `${issuer}.well-known/jwks.json` }),\nkid: sign\n"}, "fail"),
        ({"a.ts": "app.use(cookieSession({ keys: [process.env.KEY_A, process.env.KEY_B] }));\n"}, "pass"),
        ({"a.ts": "app.use(cookieSession({ keys: [process.env.KEY_A] }));\n"}, "fail"),
        ({"a.ts": "const secret = ['a', 'b'];\n// session: secret: ['a', 'b']\n"}, "fail"),
        ({"scripts/rotate_keys.sh": "rotate_secret_keys() {\n  echo a\n}\n"}, "pass"),
        ({"README.md": "# A\n\n## Rotating the secret key\n\nDo this.\n"}, "pass"),
        ({"README.md": "# A\n\n## Rotate TLS certificates\n\nDo this.\n"}, "fail"),
        ({"a.ts": "const refreshed = await rotateRefreshToken(token);\n"}, "fail"),
        ({"a.css": "a { transform: rotate(3deg); }\n", "a.ts": "const a = 1;\n"}, "fail"),
        ({"a.rb": "config.action_dispatch.cookies_rotations.tap { |c| c.rotate :encrypted, old }\n"}, "pass"),
        ({"config/app.php": "<?php return ['previous_keys' => explode(',', env('APP_PREVIOUS_KEYS', ''))];"}, "pass"),
        ({"A.cs": "services.AddDataProtection().PersistKeysToDbContext<A>();\n"}, "pass"),
        ({"a.go": "package a\nfunc RotateSigningKeys() {}\n"}, "pass"),
        ({"tests/test_a.py": "def test_rotate_keys():\n    rotate_secret_keys()\n"}, "fail"),
        ({"a.py": "key = os.environ['SECRET_KEY']\n"}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_keys_can_be_rotated(files: dict[str, str], expected: str) -> None:
    assert verdict_of("configuration.secrets-rotation", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    url: str\n"}, "pass"),
        ({"a.py": "from django.core.exceptions import ImproperlyConfigured\nif not KEY:\n    raise ImproperlyConfigured('KEY')\n"}, "pass"),
        ({"a.py": "KEY = os.environ.get('KEY')\nif not KEY:\n    raise RuntimeError('KEY must be set')\n"}, "pass"),
        ({"a.py": "SECRET_KEY = os.environ['SECRET_KEY']\n"}, "pass"),
        ({"a.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'x')\n"}, "fail"),
        ({"a.py": "os.environ['SECRET_KEY'] = 'x'\n"}, "fail"),
        ({"a.py": "# raise ImproperlyConfigured('KEY')\n"}, "fail"),
        ({"a.py": "from pydantic import BaseModel, validator\nclass A(BaseModel):\n    @validator('name')\n    def check(cls, v): ...\n"}, "fail"),
        ({"a.ts": "ConfigModule.forRoot({ validationSchema: Joi.object({ PORT: Joi.number() }) });\n"}, "pass"),
        ({"a.ts": "export const env = envSchema.parse(process.env);\n"}, "pass"),
        ({"a.ts": "const env = cleanEnv(process.env, { PORT: port() });\n"}, "pass"),
        ({"a.ts": "if (!process.env.JWT_SECRET) {\n  throw new Error('JWT_SECRET is required');\n}\n"}, "pass"),
        ({"a.ts": "const url = process.env.DATABASE_URL;\n"}, "fail"),
        ({"a.ts": "this.config.getOrThrow('app.port', { infer: true });\nconstructor(private config: ConfigService) {}\n"}, "pass"),
        ({"src/create-user.dto.ts": "const env = 1;\nconst dto = plainToInstance(CreateUserDto, body);\n"}, "fail"),
        ({"a.go": 'package config\ntype C struct {\n\tURL string `env-required:"true" env:"URL"`\n}\n'}, "pass"),
        ({"a.go": 'package config\nfunc a() {\n\tif os.Getenv("URL") == "" {\n\t\tlog.Fatal("URL must be set")\n\t}\n}\n'}, "pass"),
        ({"a.go": 'package config\nfunc a() string { return os.Getenv("URL") }\n'}, "fail"),
        ({"a.go": "package config\nfunc (c *Config) Validate() error {\n\treturn check(c)\n}\n"}, "pass"),
        ({"a.go": "package config\nfunc (c *Client) Validate() error {\n\treturn check(c)\n}\n"}, "fail"),
        ({"a.js": "require('dotenv-safe').config({ example: '.env.example' });\n"}, "pass"),
        ({"a.js": "require('dotenv').config();\n"}, "fail"),
        ({"A.java": '@Validated\n@ConfigurationProperties("a")\nclass A {}\n'}, "pass"),
        ({"A.java": '@ConfigurationProperties("a")\nclass A {}\n'}, "fail"),
        ({"A.java": 'class A {\n  @Value("${a.b}")\n  String b;\n}\n'}, "fail"),
        ({"A.java": "@RestController\n@Validated\nclass A {}\n"}, "fail"),
        ({"A.java": 'if (System.getenv("KEY") == null) {\n  throw new IllegalStateException("KEY must be set");\n}\n'}, "pass"),
        ({"a.rb": "key = ENV.fetch('SECRET_KEY')\n"}, "pass"),
        ({"a.rb": "key = ENV.fetch('SECRET_KEY', 'x')\n"}, "fail"),
        ({"a.php": "<?php $dotenv->required('DATABASE_URL')->notEmpty();"}, "pass"),
        ({"A.cs": "services.AddOptions<A>().Bind(configuration).ValidateOnStart();\n"}, "pass"),
        ({"A.cs": "var c = configuration.GetConnectionString(\"A\") ?? throw new InvalidOperationException(\"Connection string not found\");\n"}, "pass"),
        ({"a.rs": 'let url = std::env::var("DATABASE_URL").expect("DATABASE_URL must be set");\n'}, "pass"),
        ({"a.rs": 'let url = std::env::var("DATABASE_URL").unwrap_or_default();\n'}, "fail"),
        ({"config/runtime.exs": 'url = System.fetch_env!("DATABASE_URL")\n'}, "pass"),
        ({"config/runtime.exs": 'url = System.get_env("URL") || raise "missing"\n'}, "pass"),
        ({"compose.yml": "services:\n  a:\n    environment:\n      - KEY=${KEY:?KEY is required}\n", "a.py": "a = 1\n"}, "pass"),
        ({"compose.yml": "services:\n  a:\n    environment:\n      - KEY=${KEY:-x}\n", "a.py": "a = 1\n"}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_missing_settings_stop_the_start(files: dict[str, str], expected: str) -> None:
    assert verdict_of("configuration.validated", files, **SERVICE) == expected


JWT_SECRET = "dGhpcyBpcyBhIHZlcnkgbG9uZw"
GITHUB_TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
PRIVATE_KEY = (
    "-----BEGIN RSA PRIVATE "
    + "KEY-----\n"
    + "MIIEowIBAAKCAQEAx8Zq3n1vRk2s/uV7bQ0pXyT4wHgJ6mNcL9dKfE5rAoSi\n" * 12
    + "-----END RSA PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "token = os.environ['TOKEN']\n"}, "pass"),
        ({}, "pass"),
        (STRANGE, "pass"),
        # credentials of a known form
        ({"a.py": f"TOKEN = '{GITHUB_TOKEN}'\n"}, "fail"),
        ({"deploy/server.pem": PRIVATE_KEY}, "fail"),
        ({"certs/localhost.key": PRIVATE_KEY}, "pass"),
        ({"a.rs": 'let marker = "-----BEGIN PRIVATE KEY-----";\n' + "let a = 1;\n" * 30}, "pass"),
        ({"a.rs": f'const TEST_FAKE_KEY: &str = "{PRIVATE_KEY}";\n'}, "pass"),
        ({"a.rs": 'fn a() {}\n#[cfg(test)]\nmod tests {\n    let k = EncodingKey::from_secret(b"a-signing-secret");\n}\n'}, "pass"),
        ({"a.py": "URL = 'https://hooks.slack.com/services/some/random/characters'\n"}, "pass"),
        ({"tests/a.py": f"TOKEN = '{GITHUB_TOKEN}'\n"}, "pass"),
        ({"examples/a.py": f"TOKEN = '{GITHUB_TOKEN}'\n"}, "pass"),
        ({"vendor/a.py": f"TOKEN = '{GITHUB_TOKEN}'\n"}, "pass"),
        ({".env.example": f"TOKEN={GITHUB_TOKEN}\n"}, "pass"),
        ({"a.py": "TOKEN = 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'\n"}, "pass"),
        ({"a.py": "AWS_ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE'\n"}, "pass"),
        # signing keys that are hard-coded
        ({"settings.py": "SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "fail"),
        ({"settings.py": "# SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "pass"),
        ({"settings.py": "SECRET_KEY = env('SECRET_KEY')\n"}, "pass"),
        ({"settings.py": "SECRET_KEY = '{{ secret_key }}'\n"}, "pass"),
        ({"settings.py": "SECRET_KEY = ''\n"}, "pass"),
        ({"a.py": "text = f\"TOKEN_SECRET_KEY='{token_secret}'\"\n"}, "pass"),
        ({"a.go": "package a\n\n/*\n" + PRIVATE_KEY + "*/\n"}, "pass"),
        ({"settings/development.py": "SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "pass"),
        ({"settings/test.py": "SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "pass"),
        ({"settings/production.py": "SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "fail"),
        ({"tests/settings.py": "SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "pass"),
        ({"config.py": "class Config:\n    JWT_SECRET_KEY = 'super-secret'\n"}, "fail"),
        ({"a.js": "const token = jwt.sign({ id }, 'shhhhh');\n"}, "fail"),
        ({"a.js": "const token = jwt.sign({ id }, process.env.JWT_SECRET);\n"}, "pass"),
        ({"a.js": "app.use(session({ secret: 'keyboard cat', resave: false }));\n"}, "fail"),
        ({"a.go": 'package a\nvar jwtKey = []byte("my_signing_secret")\n'}, "fail"),
        ({"A.cs": 'var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes("a long signing key"));\n'}, "fail"),
        ({"appsettings.json": '{"Jwt": {"SecretKey": "0123-abc-long-signing-key"}}\n', "A.cs": "class A {}\n"}, "fail"),
        ({"appsettings.Development.json": '{"Jwt": {"SecretKey": "0123-abc-long-signing-key"}}\n', "A.cs": "class A {}\n"}, "pass"),
        ({"appsettings.json": '{"Jwt": {"Issuer": "a", "Key": "0123-abc-long-signing-key"}}\n', "A.cs": "class A {}\n"}, "fail"),
        ({"appsettings.json": '{"AuthServer": {"SwaggerClientSecret": "1q2w3e*"}}\n', "A.cs": "class A {}\n"}, "pass"),
        ({"conf/app.ini": "[app]\nJwtSecret = 233abc$040412\n"}, "fail"),
        ({"config.template.yml": "session:\n  secret: 'insecure_session_secret'\n"}, "pass"),
        ({"a.ts": "export const schema = { example: { secret: 'a3c84b25409ea8ca' } };\n"}, "pass"),
        ({"a.ts": "JwtModule.register({ secret: 'a3c84b25409ea8ca', signOptions: {} });\n"}, "fail"),
        ({"a.py": "app.config['SECRET_KEY'] = 'secret'\n"}, "fail"),
        ({"a.rs": 'let key = DecodingKey::from_secret(b"a-signing-secret");\n'}, "fail"),
        # signing keys that apply where nothing is configured
        ({"a.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'change-me-please')\n"}, "fail"),
        ({"a.py": "SECRET_KEY = os.getenv('SECRET_KEY') or 'change-me-please'\n"}, "fail"),
        ({"a.ts": "const secret = process.env.JWT_SECRET || 'changeme';\n"}, "fail"),
        ({"a.py": "SECRET_KEY = os.environ.get('APP_SECRET', 'change-me-please')\n"}, "fail"),
        ({"a.ts": "const jwtSecret = process.env.APP_SECRET ?? 'changeme';\n"}, "fail"),
        ({"a.ts": "const stripe = new Stripe(process.env.STRIPE_SECRET_KEY || 'sk_nothing');\n"}, "pass"),
        ({"a.js": "const NAMES = { bank_secretKey: 'bank_secretKey' };\n"}, "pass"),
        ({"a.rb": "config.secret_key = '#{SecureRandom.hex(64)}'\n"}, "pass"),
        ({"a.ts": "const secret = process.env.JWT_SECRET ?? 'changeme';\n"}, "fail"),
        ({"src/main/resources/application.yml": "jwt:\n  secret: ${JWT_SECRET:bXktc2VjcmV0LWtleS1mb3ItZGV2}\n"}, "fail"),
        ({"src/main/resources/application.yml": f"app:\n  jwt:\n    secret: {JWT_SECRET}\n"}, "fail"),
        ({"src/main/resources/application.properties": "jwt.secret=mySuperLongSigningSecret\n"}, "fail"),
        ({"src/main/resources/application.yml": "jwt:\n  secret: ${JWT_SECRET}\n"}, "pass"),
        ({"src/main/resources/application-dev.yml": f"jwt:\n  secret: {JWT_SECRET}\n"}, "pass"),
        ({"a.go": 'package a\nvar JWTSecret = []byte("!!SECRET!!")\n'}, "fail"),
        ({"A.kt": 'val algorithm = Algorithm.HMAC256("something-to-sign-with")\n'}, "fail"),
        # files of variables that are read as they are, and not those for people or developers
        ({".env": "SECRET_KEY=E1Ta/KyHHCx8V6GAW1CS2/7IkzTkYEIdDL+FlW8N280=\n"}, "fail"),
        ({".env": "APP_KEY=base64:E1Ta/KyHHCx8V6GAW1CS2/7IkzTkYEIdDL+FlW8N280=\n"}, "fail"),
        ({".env": "APP_ENV=dev\nAPP_SECRET=71896918a3dffccb9e15a8307b6a9652\n"}, "pass"),
        ({".env": "SECRET_KEY=please-replace-this-key-with-yours\n"}, "pass"),
        ({".env.test": "SECRET_KEY=E1Ta/KyHHCx8V6GAW1CS2/7IkzTkYEIdDL+FlW8N280=\n"}, "pass"),
        ({"config/default.yml": "server:\n  port: 3000\nsecret: secret\n"}, "fail"),
        ({"config/default.json": '{\n  "jwtSecret": "shh-shh"\n}\n'}, "fail"),
        ({"config/custom.yml": "secret: SECRET\n"}, "pass"),
        ({"config/initializers/recaptcha.rb": "config.secret_key = 'AnyOfThemSignsNothing'\n"}, "pass"),
        # a guard that refuses the default outside development
        (
            {"a.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'changethis')\nif not DEBUG and SECRET_KEY == 'changethis':\n    raise ValueError('Set SECRET_KEY')\n"},
            "pass",
        ),
        (
            {"a.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'changethis')\nif SECRET_KEY == 'changethis':\n    print('Set SECRET_KEY')\n"},
            "fail",
        ),
        (
            {"a.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'changethis')\nif SECRET_KEY == 'something-else':\n    raise ValueError('Set SECRET_KEY')\n"},
            "fail",
        ),
        (
            {"a.ts": "const secret = process.env.JWT_SECRET || 'changeme';\nif (isProd && secret === 'changeme') {\n  throw new Error('Set JWT_SECRET');\n}\n"},
            "pass",
        ),
        (
            {"a.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'changethis')\n# if SECRET_KEY == 'changethis':\n#     raise ValueError('Set SECRET_KEY')\n"},
            "fail",
        ),
        (
            {"a.py": "SECRET_KEY = os.environ.get(\n    'SECRET_KEY', 'django-insecure-abc'\n)\nif SECRET_KEY.startswith('django-insecure') and not DEBUG:\n    raise ValueError('Set SECRET_KEY')\n"},
            "pass",
        ),
        (
            {"a.ts": "const PLACEHOLDERS = {\n  JWT_SECRET: 'secret',\n};\nif (PLACEHOLDERS[name] === value) throw new Error('Set it');\n"},
            "pass",
        ),
        ({"a.py": "if DEBUG:\n    SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "pass"),
        ({"a.py": "if not DEBUG:\n    SECRET_KEY = 'k3v!8a0s9d7f6g5h4j3k2l1'\n"}, "fail"),
        # placeholders: containers for development, demo users, names
        ({"docker-compose.yml": "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: postgres\n"}, "pass"),
        ({"seeds/users.py": "User.create(email='a@b.c', password='password')\n"}, "pass"),
        ({".env.example": "SECRET_KEY=change-me-please-now\n"}, "pass"),
        ({"a.ts": "const JWT_SECRET = 'JWT_SECRET';\n"}, "pass"),
        ({"a.ts": "const tokenKey = localStorage.getItem('token');\nconst RECAPTCHA_SECRET_KEY_NAME = 'recaptcha';\n"}, "pass"),
        ({"README.md": f"Set `SECRET_KEY = '{JWT_SECRET}'`\n"}, "pass"),
    ],
)  # fmt: skip
def test_no_secret_is_readable_with_the_code(files: dict[str, str], expected: str) -> None:
    assert verdict_of("configuration.no-committed-secrets", files, **SERVICE) == expected


def test_a_committed_secret_is_shown_where_it_stands_without_its_text() -> None:
    verdict = verdict_on(
        "configuration.no-committed-secrets", {"a.py": f"a = 1\nTOKEN = '{GITHUB_TOKEN}'\n"}, **SERVICE
    )
    assert [(e.path, e.line) for e in verdict.evidence] == [("a.py", 2)]
    assert all(GITHUB_TOKEN not in str(e) for e in verdict.evidence)


def test_a_clean_repository_shows_where_its_secrets_are_read() -> None:
    files = {
        "a.py": "import os\nurl = os.environ['URL']\n",
        "b.py": "import os\nkey = os.environ['SECRET_KEY']\n",
    }
    verdict = verdict_on("configuration.no-committed-secrets", files, **SERVICE)
    assert (verdict.evidence[0].path, verdict.evidence[0].line) == ("b.py", 2)


def test_a_secret_in_a_library_is_one_too() -> None:
    files = {"a.py": f"TOKEN = '{GITHUB_TOKEN}'\n"}
    assert verdict_of("configuration.no-committed-secrets", files, **LIBRARY) == "fail"


@pytest.mark.parametrize("item", ["secrets-manager", "secrets-rotation", "validated"])
def test_only_services_hold_settings_and_secrets(item: str) -> None:
    assert verdict_of(f"configuration.{item}", {"a.py": "import hvac\n"}, **LIBRARY) == "not_applicable"
