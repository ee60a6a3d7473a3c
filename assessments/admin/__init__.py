"""The admin: people's side of the tables, rules as drafts of a document."""

from assessments.admin import audit, repositories, rules

__all__ = ["audit", "repositories", "rules"]
