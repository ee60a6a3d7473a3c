"""Value classes of the engine behave as those of the standard library."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners import values

MAKERS = (dataclasses, values)
KINDS = [{"frozen": True, "slots": True}, {"frozen": True}, {"slots": True}, {}]


def made(library: Any, **kind: bool) -> Any:
    @library.dataclass(**kind)
    class Point:
        """A point."""

        x: int
        y: int = 2
        names: list[str] = library.field(default_factory=list)
        secret: str = library.field(default="hidden", repr=False)

        @property
        def total(self) -> int:
            return self.x + self.y

    return Point


@values.dataclass(frozen=True, slots=True)
class Kept:
    a: int
    b: tuple[Any, ...] = ()


@values.dataclass(frozen=True, slots=True)
class Base:
    a: int


@values.dataclass(frozen=True, slots=True)
class Derived(Base):
    b: int = 3


@dataclasses.dataclass(frozen=True)
class LibraryDerived(Base):
    c: int = 4


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(x=st.integers(), y=st.integers(), names=st.lists(st.text()))
def test_values_are_made_shown_compared_and_copied_as_the_library_does(
    kind: dict[str, bool], x: int, y: int, names: list[str]
) -> None:
    theirs, ours = (made(library, **kind) for library in MAKERS)
    for arguments, named in (((x,), {}), ((x, y), {"names": names}), ((), {"x": x, "secret": "s"})):
        their, our = theirs(*arguments, **named), ours(*arguments, **named)
        assert repr(their) == repr(our)
        assert "hidden" not in repr(our)
        assert (our == ours(*arguments, **named)) is (their == theirs(*arguments, **named)) is True
        assert (our == ours(x + 1)) is (their == theirs(x + 1)) is False
        assert our != their
        assert dataclasses.asdict(their) == dataclasses.asdict(our) == values.asdict(our)
        assert (
            values.replace(our, y=7) == dataclasses.replace(our, y=7) == ours(our.x, 7, our.names, our.secret)
        )
        assert our.total == their.total


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_class_has_what_the_library_gives_it(kind: dict[str, bool]) -> None:
    theirs, ours = (made(library, **kind) for library in MAKERS)
    for wrong in ({}, {"x": 1, "z": 2}):
        for cls in (theirs, ours):
            with pytest.raises(TypeError):
                cls(**wrong)
    assert ours(1).names is not ours(1).names
    assert hasattr(ours(1), "__dict__") is hasattr(theirs(1), "__dict__")
    assert ours.__qualname__ == theirs.__qualname__
    assert ours.__doc__ == theirs.__doc__ == "A point."
    assert ours.__match_args__ == theirs.__match_args__
    assert dataclasses.is_dataclass(ours)
    for mine, other in zip(dataclasses.fields(ours), dataclasses.fields(theirs), strict=True):
        assert (mine.name, mine.type, mine.default, mine.default_factory, mine.repr) == (
            other.name,
            other.type,
            other.default,
            other.default_factory,
            other.repr,
        )
    for name in ("frozen", "eq", "init", "repr", "order", "unsafe_hash"):
        assert getattr(ours.__dataclass_params__, name) == getattr(theirs.__dataclass_params__, name)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_only_a_frozen_value_is_hashed_and_none_of_its_fields_is_set(kind: dict[str, bool]) -> None:
    for cls in (made(library, **kind) for library in MAKERS):
        value = cls(1, names=())
        if not kind.get("frozen"):
            value.x = 5
            assert value.x == 5
            with pytest.raises(TypeError):
                hash(value)
            continue
        assert hash(value) == hash(cls(1, names=()))
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.x = 5
        with pytest.raises(dataclasses.FrozenInstanceError):
            del value.x


def test_identity_decides_where_values_are_not_compared() -> None:
    @values.dataclass(frozen=True, eq=False)
    class Thing:
        a: int

    assert Thing(1) != Thing(1)
    assert len({Thing(1), Thing(1)}) == 2


def test_fields_are_inherited_by_either_kind_of_class() -> None:
    assert Derived(1) == Derived(a=1, b=3)
    assert Derived(1) != Base(1)
    assert LibraryDerived(1, 2) == LibraryDerived(a=1, c=2)
    assert [field.name for field in dataclasses.fields(Derived)] == ["a", "b"]
    assert [field.name for field in dataclasses.fields(LibraryDerived)] == ["a", "c"]


def test_values_survive_copies_and_pickles() -> None:
    value = Kept(1, (Kept(2),))
    for copied in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert copied == value
    assert values.asdict(value) == {"a": 1, "b": ({"a": 2, "b": ()},)}


def test_a_value_is_matched_by_place() -> None:
    match Kept(1, (2,)):
        case Kept(a, (b,)):
            assert (a, b) == (1, 2)
        case _:
            pytest.fail("no match")
