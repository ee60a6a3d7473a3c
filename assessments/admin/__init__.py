"""The admin: people's side of the tables, rules as drafts of a document."""

from assessments.admin import audit, repositories, rules, tokens

__all__ = ["audit", "repositories", "rules", "tokens"]
