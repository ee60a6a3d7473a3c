"""How tests are written in each language: what makes a test, what asserts, what shows that several parts run.

RE2 text, so that hostile files cost linear time.
"""

from typing import Any, NamedTuple

from scanners.lazy import lazy_re2


class UnitForm(NamedTuple):
    """``together`` occurs in files that test several parts at once; ``trivial`` on lines that assert nothing real."""

    test: Any
    assertion: Any
    together: Any
    trivial: Any


def _form(test: str, assertion: str, together: str, trivial: str = r"\A\z") -> UnitForm:
    return UnitForm(*(lazy_re2(pattern.encode()) for pattern in (test, assertion, together, trivial)))


ALIKE = {
    "typescript": "javascript", "tsx": "javascript", "vue": "javascript", "svelte": "javascript",
    "java": "jvm", "kotlin": "jvm", "groovy": "jvm", "scala": "jvm",
}  # fmt: skip
"""Languages whose tests are written as those of another."""

FORMS = {
    "python": _form(
        r"def test\w*\(",
        r"(?m)^\s*assert[ (]|\bself\.assert\w+\(|pytest\.raises|\.assert_(called|"
        r"awaited|any|has|not)\w*\(|np\.testing|assertThat\(|\bexpect\(",
        r"(?i)\b\w*(client|browser|test_?app|webapp)\w*\.(get|post|put|patch|delete|"
        r"head|options|request|open|fetch)\(|\bself\.(get|post|put|patch|delete|get_json|"
        r"json_request|make_request)\(|\bselenium|playwright|live_server|RequestFactory|"
        r"simulate_(get|post|request)",
        r"assert True\b|assertTrue\(True\)|assertEqual\(1, ?1\)|assert 1( ?== ?1)?\s*$|"
        r"1 ?\+ ?1",
    ),
    "javascript": _form(
        r"\b(it|test)(\.\w+)*\(|Deno\.test\(",
        r"\bexpect\(|\bassert(\.\w+)?\(|\.should\.|\bshould\(|\bt\.(is|not|deepEqual|"
        r"like|equals?|same|truthy|true|false|throws|ok|notOk|regex|match|strictSame|"
        r"snapshot|assert)\w*\(|\bassert(Equals|Strict\w*|Throws)\(",
        r"supertest|chai-http|chai\.request|\.inject\(\s*[{'\x22]|@playwright/test|\bcy\.\w+\(|"
        r"puppeteer|selenium-webdriver|\bby\.css\(|webdriver|pactum|[tT]estcafe|\brequest\(\s*(app|"
        r"server|APP_URL|url|baseUrl|http)|app\.request\.(get|post|put|delete|patch)|"
        r"createTestingApp|\btestClient\(|\bagent\.(get|post)\(|learn react|Hello API",
        r"expect\(\s*\d+\s*[-+*]\s*\d+|expect\((true|1|0|\w+)\)\.(toBe(Truthy|Defined)\(\)|to\.(exist|be\.ok)\b|"
        r"to(Be|Equal)\((true|1)\))|assert\(true\)|assert\.(ok|equal)\((true|1)|\bassert\.equal\(-1, \[1",
    ),
    "go": _form(
        r"func (\(\w+ \*?\w+\) )?Test\w*\(|\bIt\(",
        r"\bt\.(Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(assert|require|is|suite|"
        r"check|must|td|expect|autogold|snaps)\.\w+\(|\b(s|r|a|suite|ts)\.(Equal|"
        r"NoError|Require|Assert|True|Nil)\w*\(|\bExpect\(|\bSo\(|\bqt\.|\bc\.Assert\(|"
        r"gomega|cmp\.Diff|tt\.\w+\(t",
        r"httptest\.NewRe|\.ServeHTTP\(|testcontainers|dockertest|sql\.Open\(|pgxpool\.New|"
        r"gorm\.Open\(|go:build (integration|e2e)|http\.(Get|Post|NewRequest|NewRequestWithContext)\(|"
        r"httpexpect|hit\.Test\(|app\.Test\(|apitest|\.NewRequest\(",
    ),
    "jvm": _form(
        r"@(Test|ParameterizedTest|Property|RepeatedTest)\b|Spec\b|Specification|"
        r"FunSuite|FlatSpec",
        r"\bassert\w*\s*[({]|\bverify\w*\s*[({]|[.\s]should(Be|Not|Throw|Have|Contain|"
        r"Equal)\w*[ ({<]|\.isEqualTo\(|\.andExpect\(|\bexpect\w*\s*\(|StepVerifier|(?m)^\s*then:|"
        r"\bthen\(|\.should\b|\bcheck\(\w+\.\w+|assertSoftly|ArchRuleDefinition|\.expectStatus\(\)|"
        r"\bStrikt|expectThat",
        r"@SpringBootTest|@QuarkusTest|@MicronautTest|@Testcontainers|Testcontainers|"
        r"@DataJpaTest|TestRestTemplate|RestAssured|testApplication|withTestApplication|"
        r"Selenium|WebDriver|@Mybatis|@JdbcTest|@DataMongoTest|@QuarkusIntegrationTest|"
        r"DbTestBase|Playwright|embeddedServer",
        r"assertTrue\(true\)|assertEquals\(4, ?2 ?\+ ?2\)|^import |\b(void|fun|def)\s+\W?should",
    ),
    "ruby": _form(
        r"\b(it|specify|test|scenario|example|should|context|describe)\b|def test_",
        r"\bassert\w*[ (]|\brefute\w*[ (]|\bexpect[ ({]|\bmust_\w+|\.should(_not)?\b|"
        r"\bis_expected\b|\bshould (validate|belong|have|be|respond|define|allow)|"
        r"_(must|wont)_|\bexpect_\w+|expect_offense",
        r"ActionDispatch::IntegrationTest|ActionController::TestCase|ActionDispatch::SystemTestCase|"
        r"type: :(request|feature|system|controller|integration)|:type => :(request|"
        r"feature|system|controller)|\bvisit[ (]|Rack::Test|last_response|have_http_status|"
        r"assert_response|page\.(has|find)|RSpec\.feature|(?m)^\s*(get|post|put|patch|"
        r"delete)[ (](:|['\x22]/|\w+_(path|url))",
        r"assert true|pending|skip|\bexpect_with\b",
    ),
    "php": _form(
        r"function test\w*\(|@test\b|#\[Test\]|(?m)^\s*(it|test)\(|function it_\w+\(",
        r"(->|::)assert\w+\(|\bexpect\(|->expectException\w*\(|->should\w+\(|->shouldReturn|"
        r"->expects\(",
        r"->(getJson|postJson|putJson|patchJson|deleteJson|json|call|visit)\(|\$this->(get|"
        r"post|put|patch|delete|actingAs\([^)]*\)->(get|post|put|delete|patch))\(|"
        r"createClient\(|WebTestCase|ApiTestCase|DuskTestCase|PantherTestCase|Livewire::|"
        r"assertResponseStatus|\b(get|post|put|delete)(Json)?\(\s*['\x22/r]|->request\(\s*['\x22](GET|"
        r"POST|PUT|DELETE)",
        r"assertTrue\(true\)|toBeTrue\(\);?\s*$",
    ),
    "csharp": _form(
        r"\[(Test|Fact|Theory|TestMethod|TestCase|TestCaseSource|DataTestMethod|SkippableFact)\b",
        r"\bAssert\.\w+|\.Should\w*\(|\.ShouldBe|\.Should(Not)?(Throw|Contain|Be|"
        r"Have|Equal)\w*|\.Verify\w*\(|\.Received\w*\(|\bExpect\(|\bVerify\(|\.Must(Have|"
        r"Not)\w*\(",
        r"WebApplicationFactory|TestServer|CreateClient\(|Microsoft\.Playwright|OpenQA\.Selenium|"
        r"Testcontainers|UseInMemoryDatabase|Testing\.SendAsync|using static [\w.]*Testing;|"
        r"TestApp\.|HttpClient",
        r"Assert\.(True|IsTrue)\(true\)|Assert\.Pass\(",
    ),
    "rust": _form(
        r"#\[([\w:]+::)?(test|rstest|test_case)\b",
        r"\b(debug_)?assert\w*!|\.unwrap_err\(\)|\bassert_\w+!?\(|expect!\[|insta::|"
        r"prop_assert",
        r"spawn_app|TestApp|\.oneshot\(|call_service|#\[sqlx::test|local::blocking::Client|\.dispatch\(|test_client\(|"
        r"test_server|TestServer|cargo_bin",
        r"assert_eq!\((2 ?\+ ?2|result), 4\)|assert!\(true\)",
    ),
    "elixir": _form(
        r'\btest "|doctest|property "',
        r"\b(assert|refute)(_\w+)?[ (]|\bdoctest [A-Z]",
        r"ConnCase|Phoenix\.LiveViewTest|Wallaby|FeatureCase|Plug\.Test|assert\s+1 \+ 1",
    ),
}
