import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {
    "kind": "service",
    "has_http_api": True,
    "has_database": True,
    "has_users": True,
    "has_docs_ui": True,
}
LIBRARY = {
    "kind": "library",
    "has_http_api": False,
    "has_database": False,
    "has_users": False,
    "has_docs_ui": False,
}
STRANGE = {"a.cpp": "int main() {\n  return 0;\n}\n"}
REQUIREMENTS = "requirements.txt"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "app.add_middleware(CORSMiddleware, allow_origins=['https://a.b'], allow_credentials=True)\n"}, "pass"),
        ({"a.py": "app.add_middleware(CORSMiddleware, allow_origins=['*'])\n"}, "pass"),
        ({"a.py": "app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)\n"}, "fail"),
        ({"a.py": "# app.add_middleware(CORSMiddleware, allow_origins=['https://a.b'])\n"}, "fail"),
        ({"tests/test_a.py": "app.add_middleware(CORSMiddleware, allow_origins=['https://a.b'])\n"}, "fail"),
        ({"settings.py": "CORS_ALLOWED_ORIGINS = ['https://a.b']\n"}, "pass"),
        ({"settings.py": "CORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True\n"}, "fail"),
        ({REQUIREMENTS: "django-cors-headers==4.0\n", "settings.py": "INSTALLED_APPS = ['corsheaders']\n"}, "fail"),
        ({"a.py": "CORS(app, resources={r'/api/*': {'origins': 'https://a.b'}})\n"}, "pass"),
        ({"a.py": "CORS(app)\n"}, "fail"),
        ({"a.js": "app.use(cors({ origin: 'https://a.b' }));\n"}, "pass"),
        ({"a.js": "app.use(cors());\n"}, "fail"),
        ({"a.js": "// app.use(cors({ origin: 'https://a.b' }));\n"}, "fail"),
        ({"a.js": "app.use(cors({ origin: true, credentials: true }));\n"}, "fail"),
        ({"package.json": '{"name": "a", "dependencies": {"cors": "2"}}\n', "a.js": "app.get('/', a);\n"}, "fail"),
        ({"a.ts": "app.enableCors({ origin: config.origins });\n"}, "pass"),
        ({"a.ts": "app.enableCors();\n"}, "fail"),
        ({"a.ts": "res.setHeader('Access-Control-Allow-Origin', 'https://a.b');\n"}, "pass"),
        ({"a.go": 'package a\nvar c = cors.Config{AllowOrigins: []string{"https://a.b"}}\n'}, "pass"),
        ({"a.go": 'package a\nvar c = cors.Config{AllowAllOrigins: true, AllowCredentials: true}\n'}, "fail"),
        ({"a.go": "package a\nfunc a() { r.Use(cors.Default()) }\n"}, "fail"),
        ({"a.go": "package a\nfunc a() { r.Use(cors.Handler(cors.AllowAll)) }\n"}, "pass"),
        ({"A.java": '@CrossOrigin(origins = "https://a.b")\nclass A {}\n'}, "pass"),
        ({"A.java": 'c.setAllowedOrigins(List.of("https://a.b"));\nc.setAllowCredentials(true);\n'}, "pass"),
        ({"A.java": 'c.addAllowedOriginPattern("*");\nc.setAllowCredentials(true);\n'}, "fail"),
        ({"src/main/resources/application.properties": "quarkus.http.cors.origins=https://a.b\n", "A.java": "class A {}\n"}, "pass"),
        ({"a.kt": "install(CORS) {\n  allowHost(\"a.b\")\n}\n"}, "pass"),
        ({"a.kt": "install(CORS) {\n  anyHost()\n  allowCredentials = true\n}\n"}, "fail"),
        ({"config/initializers/cors.rb": "use Rack::Cors do\n  allow do\n    origins 'a.b'\n  end\nend\n"}, "pass"),
        ({"config/initializers/cors.rb": "# use Rack::Cors do\n#   allow do\n#     origins 'a.b'\n#   end\n# end\n"}, "fail"),
        ({"config/cors.php": "<?php return ['allowed_origins' => ['https://a.b'], 'supports_credentials' => true]; // cors"}, "pass"),
        ({"config/cors.php": "<?php return ['allowed_origins' => ['*'], 'supports_credentials' => true]; // cors"}, "fail"),
        ({"A.cs": 'builder.Services.AddCors(o => o.AddDefaultPolicy(p => p.WithOrigins("https://a.b")));\n'}, "pass"),
        ({"src/main/resources/application-dev.yml": "jhipster:\n  cors:\n    allowed-origins: 'http://localhost:9000'\n", "A.java": "class A {}\n"}, "pass"),
        ({"webpack.config.js": "module.exports = { devServer: { headers: { 'Access-Control-Allow-Origin': '*' } } };\n", "a.py": "a = 1\n"}, "fail"),
        ({"A.cs": "p.SetIsOriginAllowed(_ => true).AllowCredentials();\n"}, "fail"),
        ({"A.cs": "app.UseCors();\n"}, "fail"),
        ({"a.rs": 'let c = CorsLayer::new().allow_origin("https://a.b".parse()?);\n'}, "pass"),
        ({"a.rs": "let c = CorsLayer::very_permissive();\n"}, "fail"),
        ({"lib/a.ex": 'plug CORSPlug, origin: ["https://a.b"]\n'}, "pass"),
        ({"nginx.conf": "http {\n  add_header Access-Control-Allow-Origin https://a.b;\n}\n", "a.py": "a = 1\n"}, "pass"),
        ({"nginx.conf": "http {\n  # add_header Access-Control-Allow-Origin https://a.b;\n}\n", "a.py": "a = 1\n"}, "fail"),
        ({"templates/a.html": "<p>a</p>\n", "a.py": "return render(request, 'a.html')\n"}, "not_applicable"),
        ({"templates/a.html": "<p>a</p>\n", "a.py": "return render(request, 'a.html')\n", "settings.py": "CORS_ALLOWED_ORIGINS = ['https://a.b']\n"}, "pass"),
        ({"a.py": "a = 1\n"}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_origins_are_named_and_none_is_any_with_credentials(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.cors", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "app = FastAPI(docs_url=None, redoc_url=None)\n"}, "pass"),
        ({"a.py": "app = FastAPI(docs_url='/docs' if settings.DEBUG else None)\n"}, "pass"),
        ({"a.py": "app = FastAPI(openapi_url=f'{settings.API_V1_STR}/openapi.json')\n"}, "fail"),
        ({"a.py": "app = FastAPI()\n"}, "fail"),
        ({"a.py": "# app = FastAPI(docs_url=None)\napp = FastAPI()\n"}, "fail"),
        ({"urls.py": "if settings.DEBUG:\n    urlpatterns += [path('docs', SpectacularSwaggerView.as_view())]\n"}, "pass"),
        ({"urls.py": "urlpatterns = [path('docs', SpectacularSwaggerView.as_view())]\n"}, "fail"),
        ({"settings.py": "SPECTACULAR_SETTINGS = {'SERVE_PERMISSIONS': ['rest_framework.permissions.IsAdminUser']}  # spectacular\n"}, "pass"),
        ({"a.ts": "if (config.env === 'development') {\n  app.use('/docs', swaggerUi.serve);\n}\n"}, "pass"),
        ({"a.ts": "app.use('/docs', basicAuth({ users }), swaggerUi.serve);\n"}, "pass"),
        ({"a.ts": "SwaggerModule.setup('docs', app, document);\n"}, "fail"),
        ({"a.go": 'package a\nfunc a() {\n\tif cfg.Swagger.Enabled {\n\t\tr.GET("/swagger/*any", ginSwagger.WrapHandler(f))\n\t}\n}\n'}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tr.GET("/swagger/*any", ginSwagger.WrapHandler(f))\n}\n'}, "fail"),
        ({"src/main/resources/application-prod.yml": "springdoc:\n  swagger-ui:\n    enabled: false\n", "A.java": "class A {}\n"}, "pass"),
        ({"src/main/resources/application.yml": "springdoc:\n  swagger-ui:\n    enabled: true\n", "A.java": "class A {}\n"}, "fail"),
        ({"A.java": '@Profile("dev")\n@Configuration\nclass SwaggerConfig {}\n'}, "pass"),
        ({"A.cs": "if (app.Environment.IsDevelopment()) {\n  app.UseSwagger();\n  app.UseSwaggerUI();\n}\n"}, "pass"),
        ({"A.cs": "app.UseSwagger();\napp.UseSwaggerUI();\n"}, "fail"),
        ({"A.cs": "if (app.Environment.IsDevelopment()) {\n  app.UseDeveloperExceptionPage();\n}\napp.UseSwagger();\n"}, "fail"),
        ({"config/routes.rb": "mount Rswag::Ui::Engine => '/docs' unless Rails.env.production?\n"}, "pass"),
        ({"config/routes.rb": "mount Rswag::Ui::Engine => '/docs'\n"}, "fail"),
        ({"lib/a/router.ex": "if Mix.env() == :dev do\n  forward \"/graphiql\", Absinthe.Plug.GraphiQL\nend\n"}, "pass"),
        ({"a.rs": "if cfg!(debug_assertions) {\n  router = router.merge(SwaggerUi::new(\"/docs\"));\n}\n"}, "pass"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_documentation_is_closed_outside_development(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.docs-guarded", files, **SERVICE) == expected


def test_what_serves_no_documentation_has_none_to_guard() -> None:
    profile = {**SERVICE, "has_docs_ui": False}
    assert verdict_of("api-security.docs-guarded", {"a.py": "a = 1\n"}, **profile) == "not_applicable"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "app.config['MAX_CONTENT_LENGTH'] = 1024\n"}, "pass"),
        ({"settings.py": "DATA_UPLOAD_MAX_MEMORY_SIZE = 1024\n"}, "pass"),
        ({"settings.py": "# DATA_UPLOAD_MAX_MEMORY_SIZE = 1024\n"}, "fail"),
        ({"tests/test_a.py": "DATA_UPLOAD_MAX_MEMORY_SIZE = 1024\n"}, "fail"),
        ({"a.py": "app = web.Application(client_max_size=1024)\n"}, "pass"),
        ({"a.js": "app.use(express.json({ limit: '1mb' }));\n"}, "pass"),
        ({"a.js": "app.use(express.json());\n"}, "fail"),
        ({"a.js": "// app.use(express.json({ limit: '1mb' }));\n"}, "fail"),
        ({"a.js": "const app = fastify({ bodyLimit: 1024 });\n"}, "pass"),
        ({"a.ts": "FileInterceptor('a', { limits: { fileSize: 1024 } })\n"}, "pass"),
        ({"a.ts": "const rows = await db.query({ limit: 10 });\n"}, "fail"),
        ({"a.go": "package a\nfunc a() { r.Body = http.MaxBytesReader(w, r.Body, 1024) }\n"}, "pass"),
        ({"a.go": 'package a\nfunc a() { e.Use(middleware.BodyLimit("1M")) }\n'}, "pass"),
        ({"a.go": "package a\nfunc a() { io.LimitReader(resp.Body, 1024) }\n"}, "fail"),
        ({"src/main/resources/application.yml": "spring:\n  servlet:\n    multipart:\n      max-file-size: 1MB\n", "A.java": "class A {}\n"}, "pass"),
        ({"A.java": "class A {}\n"}, "fail"),
        ({"A.cs": "[RequestSizeLimit(1024)]\npublic void A() {}\n"}, "pass"),
        ({"a.rs": "let app = Router::new().layer(DefaultBodyLimit::max(1024));\n"}, "pass"),
        ({"a.rs": "let app = Router::new().layer(DefaultBodyLimit::disable());\n"}, "fail"),
        ({"a.rs": "use tower_http::limit::RequestBodyLimitLayer;\n"}, "fail"),
        ({"lib/a/endpoint.ex": "plug Plug.Parsers,\n  parsers: [:json],\n  length: 1_000_000\n"}, "pass"),
        ({"nginx.conf": "http {\n  client_max_body_size 1m;\n}\n", "a.py": "a = 1\n"}, "pass"),
        ({"nginx.conf": "http {\n  # client_max_body_size 1m;\n}\n", "a.py": "a = 1\n"}, "fail"),
        ({"Caddyfile": "a.b {\n  request_body {\n    max_size 1MB\n  }\n}\n", "a.py": "a = 1\n"}, "pass"),
        ({"a.rb": "halt 413 if request.content_length.to_i > MAX_BYTES\n"}, "pass"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_bodies_are_limited_in_size(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.size-limits", files, **SERVICE) == expected


DJANGO = "MIDDLEWARE = [\n    'django.contrib.sessions.middleware.SessionMiddleware',\n    'django.contrib.auth.middleware.AuthenticationMiddleware',\n"
SPRING = "class A {\n  SecurityFilterChain chain(HttpSecurity http) {\n    return http.formLogin(withDefaults()){CSRF}.build();\n  }\n}\n"
EXPRESS = "const session = require('express-session');\napp.use(session({ secret: process.env.S }));\npassport.authenticate('local');\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"settings.py": DJANGO + "    'django.middleware.csrf.CsrfViewMiddleware',\n]\n"}, "pass"),
        ({"settings.py": DJANGO + "]\n"}, "fail"),
        ({"settings.py": DJANGO + "    # 'django.middleware.csrf.CsrfViewMiddleware',\n]\n"}, "fail"),
        ({"a.py": "from flask_login import login_user\nlogin_user(u)\nCSRFProtect(app)\n"}, "pass"),
        ({"a.py": "from flask_login import login_user\nlogin_user(u)\n"}, "fail"),
        ({"a.js": EXPRESS}, "fail"),
        ({"a.js": EXPRESS + "app.use(csrf({ cookie: true }));\n"}, "pass"),
        ({"a.js": EXPRESS + "const cookie = { sameSite: 'strict' };\n"}, "pass"),
        ({"a.js": EXPRESS + "const cookie = { sameSite: 'none' };\n"}, "fail"),
        ({"a.js": EXPRESS + "// app.use(csrf({ cookie: true }));\n"}, "fail"),
        ({"A.java": SPRING.replace("{CSRF}", "")}, "pass"),
        ({"A.java": SPRING.replace("{CSRF}", ".csrf(c -> c.disable())")}, "fail"),
        ({"A.java": SPRING.replace("{CSRF}", ".csrf(AbstractHttpConfigurer::disable)")}, "fail"),
        ({"A.java": SPRING.replace("{CSRF}", ".csrf().disable()")}, "fail"),
        ({"A.java": SPRING.replace("{CSRF}", ".csrf(c -> c.disable())").replace("formLogin(withDefaults())", "formLogin(f -> f.disable())")}, "not_applicable"),
        ({"A.java": SPRING.replace("{CSRF}", ".csrf(c -> c.disable())").replace(".formLogin(withDefaults())", ".sessionManagement(s -> s.sessionCreationPolicy(SessionCreationPolicy.STATELESS))")}, "not_applicable"),
        ({"a.go": 'package a\nfunc a() {\n\ts := sessions.Default(c)\n\ts.Set("token", t)\n\tbcrypt.CompareHashAndPassword(a, b)\n}\n'}, "fail"),
        ({"a.go": 'package a\nfunc a() {\n\ts := sessions.Default(c)\n\ts.Set("token", t)\n\tbcrypt.CompareHashAndPassword(a, b)\n\tcsrf.Protect(k)\n}\n'}, "pass"),
        ({"app/controllers/application_controller.rb": "class ApplicationController < ActionController::Base\n  protect_from_forgery with: :exception\n  def a\n    session[:user_id] = user.id if user.authenticate(params[:p])\n  end\nend\n"}, "pass"),
        ({"app/controllers/application_controller.rb": "class ApplicationController < ActionController::Base\n  skip_before_action :verify_authenticity_token\n  def a\n    session[:user_id] = user.id if user.authenticate(params[:p])\n  end\nend\n"}, "fail"),
        ({"A.cs": "builder.Services.AddAuthentication().AddCookie();\n"}, "fail"),
        ({"A.cs": "builder.Services.AddAuthentication().AddCookie();\nbuilder.Services.AddAntiforgery();\n"}, "pass"),
        ({"lib/a/router.ex": "plug :fetch_session\nplug :fetch_current_user\nplug :protect_from_forgery\n"}, "pass"),
        ({"lib/a/router.ex": "plug :fetch_session\nplug :fetch_current_user\n"}, "fail"),
        # tokens in a header need none
        ({"a.py": "oauth2 = OAuth2PasswordBearer(tokenUrl='t')\njwt.decode(t, k)\n"}, "not_applicable"),
        ({"a.js": "const user = jwt.verify(token, key);\n"}, "not_applicable"),
        ({"a.py": "a = 1\n"}, "not_applicable"),
    ],
)  # fmt: skip
def test_requests_with_cookies_are_protected_against_forgery(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.csrf", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.js": "const helmet = require('helmet');\napp.use(helmet());\n"}, "pass"),
        ({"a.js": "const helmet = require('helmet');\n"}, "fail"),
        ({"a.js": "// app.use(helmet());\n"}, "fail"),
        ({"package.json": '{"name": "a", "dependencies": {"helmet": "7"}}\n', "a.js": "app.get('/', a);\n"}, "fail"),
        ({"a.jsx": "import { Helmet } from 'react-helmet';\n<Helmet title='a' />\n"}, "fail"),
        ({"a.py": "Talisman(app)\n"}, "pass"),
        ({"A.java": "class A { void a() { http.headers(h -> h.frameOptions(f -> f.deny())); } }\n"}, "pass"),
        ({"A.java": "class A { void a() { client.get().headers(h -> h.setBearerAuth(jwt)).retrieve(); } }\n"}, "fail"),
        ({"settings.py": "MIDDLEWARE = [\n    'django.middleware.security.SecurityMiddleware',\n    'django.middleware.clickjacking.XFrameOptionsMiddleware',\n]\n"}, "pass"),
        ({"settings.py": "MIDDLEWARE = [\n    # 'django.middleware.clickjacking.XFrameOptionsMiddleware',\n]\n"}, "fail"),
        ({"a.py": "r.headers['X-Frame-Options'] = 'DENY'\nr.headers['X-Content-Type-Options'] = 'nosniff'\n"}, "pass"),
        ({"a.py": "r.headers['X-Frame-Options'] = 'DENY'\n"}, "fail"),
        ({"a.py": "assert r.headers['X-Frame-Options']\nassert r.headers['X-Content-Type-Options']\n"}, "fail"),
        ({"settings.py": "SECURE_HSTS_SECONDS = 60\nSECURE_CONTENT_TYPE_NOSNIFF = True\n"}, "pass"),
        ({"settings.py": "SECURE_HSTS_SECONDS = 60\n"}, "fail"),
        ({"a.go": "package a\nfunc a() { e.Use(middleware.Secure()) }\n"}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tw.Header().Set("X-Frame-Options", "DENY")\n\tw.Header().Set("Content-Security-Policy", "x")\n}\n'}, "pass"),
        ({"pom.xml": "<project><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-security</artifactId></dependency></dependencies></project>", "A.java": "class A {}\n"}, "pass"),
        ({"A.cs": "app.UseHsts();\n"}, "fail"),
        ({"A.cs": 'app.UseHsts();\nh["X-Frame-Options"] = "DENY";\n'}, "pass"),
        ({"lib/a/router.ex": "plug :put_secure_browser_headers\n"}, "pass"),
        ({"a.rs": "let r = rocket::build().attach(Shield::default());\n"}, "pass"),
        ({"nginx.conf": "server {\n  add_header X-Frame-Options DENY;\n  add_header X-Content-Type-Options nosniff;\n}\n", "a.py": "a = 1\n"}, "pass"),
        ({"nginx.conf": "server {\n  # add_header X-Frame-Options DENY;\n  add_header X-Content-Type-Options nosniff;\n}\n", "a.py": "a = 1\n"}, "fail"),
        ({"config/initializers/csp.rb": "Rails.application.config.content_security_policy do |policy|\n  policy.default_src :self\nend\n"}, "pass"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_security_headers_are_set_on_purpose(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.headers", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "signature = hmac.new(key, request.body, 'sha256').hexdigest()\n"}, "pass"),
        ({"a.py": "digest = hmac.new(key, password, 'sha256')\n"}, "fail"),
        ({"a.py": "# signature = hmac.new(key, request.body, 'sha256')\n"}, "fail"),
        ({"tests/test_a.py": "signature = hmac.new(key, request.body, 'sha256')\n"}, "fail"),
        ({"a.py": "token = jwt.encode(claims, key, algorithm='HS256')\n"}, "fail"),
        ({"a.py": "url = s3.generate_presigned_url('get_object')\n"}, "fail"),
        ({"a.ts": "const signature = crypto.createHmac('sha256', secret).update(body).digest('hex');\n"}, "pass"),
        ({"a.ts": "const event = stripe.webhooks.constructEvent(body, signature, secret);\n"}, "pass"),
        ({"a.ts": "const hash = crypto.createHash('sha256').update(body).digest('hex');\n"}, "fail"),
        ({"a.go": "package a\nfunc verifySignature() { mac := hmac.New(sha256.New, key) }\n"}, "pass"),
        ({"A.java": 'Mac mac = Mac.getInstance("HmacSHA256"); // signature\nString signature = a(mac);\n'}, "pass"),
        ({"A.java": 'Mac mac = Mac.getInstance("HmacSHA256");\nJwts.parser();\nString signature;\n'}, "fail"),
        ({"a.rb": "signature = OpenSSL::HMAC.hexdigest('sha256', key, body)\n"}, "pass"),
        ({"a.php": "<?php $signature = hash_hmac('sha256', $body, $key);"}, "pass"),
        ({"A.cs": "using var h = new HMACSHA256(key);\nvar signature = h.ComputeHash(body);\n"}, "pass"),
        ({"A.cs": "using var h = new HMACSHA512();\nuser.PasswordHash = h.ComputeHash(body);\nvar signature = 1;\n"}, "fail"),
        ({"a.rs": "let mut mac = Hmac::<Sha256>::new_from_slice(key)?;\nlet signature = mac.finalize();\n"}, "pass"),
        ({"lib/a.ex": "signature = :crypto.mac(:hmac, :sha256, key, body)\n"}, "pass"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_requests_or_webhooks_are_signed(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.request-signing", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"nginx/nginx.conf": "http {\n  limit_req_zone $ip zone=a:1m rate=1r/s;\n  limit_req zone=a;\n}\n"}, "pass"),
        ({"nginx/nginx.conf": "http {\n  limit_conn a 10;\n}\n"}, "pass"),
        ({"nginx/nginx.conf": "http {\n  # limit_req zone=a;\n}\n"}, "fail"),
        ({"nginx/nginx.conf": "http {\n  if ($http_user_agent ~ bot) { return 403; }\n}\n"}, "fail"),
        ({"docker-compose.yml": "services:\n  a:\n    labels:\n      - traefik.http.middlewares.a.ratelimit.average=100\n"}, "pass"),
        ({"k8s/a.yaml": "kind: Ingress\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/limit-rps: '5'\n"}, "pass"),
        ({"main.tf": 'resource "aws_wafv2_web_acl" "a" {\n}\n'}, "pass"),
        ({"main.tf": '# resource "aws_wafv2_web_acl" "a" {\n'}, "fail"),
        ({"serverless.yml": "provider:\n  apiGateway:\n    throttlingRateLimit: 5\n"}, "pass"),
        ({"Caddyfile": "a.b {\n  rate_limit {\n    zone a\n  }\n}\n"}, "pass"),
        ({"haproxy/haproxy.cfg": "frontend a\n  stick-table type ip size 1m expire 1m store http_req_rate(10s)\n"}, "pass"),
        ({"fail2ban/jail.local": "[a]\nmaxretry = 5\n"}, "pass"),
        ({"a.py": "limiter = Limiter(key_func=a)\n"}, "fail"),
        ({"examples/nginx.conf": "http {\n  limit_req zone=a;\n}\n"}, "fail"),
        ({}, "fail"),
        (STRANGE, "fail"),
    ],
)  # fmt: skip
def test_the_edge_limits_connections_or_requests(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-security.ddos", files, **SERVICE) == expected


@pytest.mark.parametrize(
    "item", ["cors", "docs-guarded", "size-limits", "csrf", "headers", "request-signing", "ddos"]
)
def test_a_library_serves_nobody(item: str) -> None:
    assert verdict_of(f"api-security.{item}", {"a.py": "CORS(app)\n"}, **LIBRARY) == "not_applicable"
