"""What is said of a plan, its steps and the people who work on it."""

from django.contrib.auth.models import AbstractUser

from assessments.choices import PlanMeasure
from assessments.optimise import Reached
from assessments.standard import Initiative, Standard


def name_of(person: AbstractUser) -> str:
    """How the person is called: by name, else by address."""
    return person.get_full_name() or person.email or person.get_username()


def measure_words(measure: str) -> str:
    """What a team's goal is measured by."""
    return "the average of all repositories" if measure == PlanMeasure.AVERAGE else "every repository"


def title_of(standard: Standard, item: str) -> str:
    """The item's title; its id where the standard has it no more."""
    found = standard.by_item.get(item)
    return found.title if found else item


def action_of(initiative: Initiative, count: int, is_team: bool) -> str:
    """What to do, and for a team in how many repositories."""
    return in_repositories(initiative.action, count) if is_team else initiative.action


def in_repositories(action: str, count: int) -> str:
    """The action, and in how many repositories."""
    return f"{action} in {count} repositor{'y' if count == 1 else 'ies'}"


def items_words(count: int) -> str:
    """How many items, with the noun."""
    return f"{count} item{'' if count == 1 else 's'}"


def best_letter(one: Reached) -> str:
    """The best grade that can be had, in words."""
    return one.at_best.letter or "no grade"
