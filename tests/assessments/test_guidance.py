import pytest

from assessments.guidance import load_guidance

SNIPPETS = {
    name: {"title": name, "language": "text", "code": name}
    for name in (
        "python",
        "python.django",
        "javascript.nestjs",
        "javascript",
        "java",
        "java.spring-boot",
        "any",
    )
}
GUIDANCE = load_guidance(
    [{"items": {"testing.unit": {"snippets": {**SNIPPETS, "typescript": "javascript"}}}}]
)


@pytest.mark.parametrize(
    ("stack", "title"),
    [
        (("python", "django"), "python.django"),
        (("python", "fastapi"), "python"),
        (("typescript", "nestjs"), "javascript.nestjs"),
        (("typescript", "express"), "javascript"),
        (("kotlin", "spring-boot", "jpa"), "java.spring-boot"),
        (("kotlin", "ktor"), "java"),
        (("javascript", "python", "django"), "javascript"),
        (("haskell",), "any"),
    ],
)
def test_the_most_specific_snippet_of_the_stack_is_chosen(stack, title):
    assert GUIDANCE["testing.unit"].snippet_for(stack).title == title
