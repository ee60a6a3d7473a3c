"""Value classes as ``dataclasses`` makes them, at a tenth of what those cost a process that starts.

The standard library writes and compiles half a dozen methods for each class while its module is imported. Here classes
share what they can, and ``__init__`` is compiled when the first value of a class is made: the command imports many
more classes than it uses in one run. The library's own functions find on them what they look for.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

_MISSING: Any = object()
_AS_THEY_ARE = frozenset([str, int, float, bool, type(None), bytes])
_NOT_COPIED = frozenset(["__dict__", "__weakref__"])


class _Field:
    """What is known of one field besides its name."""

    __slots__ = ("default", "factory", "shown")

    def __init__(self, default: Any, factory: Any, shown: bool) -> None:
        self.default = default
        self.factory = factory
        self.shown = shown


def _field(*, default: Any = _MISSING, default_factory: Any = _MISSING, repr: bool = True) -> Any:
    """As ``dataclasses.field``, of which no more is needed."""
    return _Field(default, default_factory, repr)


def _dataclass(
    cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True
) -> Any:
    """As ``dataclasses.dataclass``, for plain fields: no class variables, no ``InitVar``, no ``__post_init__``."""
    if cls is None:
        return lambda decorated: _made(decorated, frozen, slots, eq)
    return _made(cls, frozen, slots, eq)


def _replace(value: Any, /, **changes: Any) -> Any:
    """A copy of ``value`` with other values for the named fields."""
    for name in value.__match_args__:
        if name not in changes:
            changes[name] = getattr(value, name)
    return value.__class__(**changes)


def _asdict(value: Any) -> Any:
    """Fields by name, of ``value`` and of every such value in the lists, tuples and mappings that it holds."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, (list, tuple)):
        return kind(map(_asdict, value)) if not hasattr(value, "_fields") else kind(*map(_asdict, value))
    if isinstance(value, dict):
        return {_asdict(key): _asdict(one) for key, one in value.items()}
    if hasattr(kind, "__value_fields__") or hasattr(kind, "__dataclass_fields__"):
        return {name: _asdict(getattr(value, name)) for name in kind.__match_args__}
    return value


def _made(cls: type, frozen: bool, slots: bool, eq: bool) -> type:
    """``cls``, or where it has slots a class in its place, with the methods of a value class."""
    own: Mapping[str, Any] = cls.__dict__.get("__annotations__", {})
    fields: dict[str, _Field] = {}
    for base in reversed(cls.__mro__[1:]):
        fields.update(base.__dict__.get("__value_fields__", ()))
    inherited = frozenset(fields)
    space = {name: one for name, one in cls.__dict__.items() if name not in _NOT_COPIED}
    defaults: dict[str, Any] = {}
    for name in own:
        given = space.pop(name, _MISSING)
        field = fields[name] = given if isinstance(given, _Field) else _Field(given, _MISSING, True)
        if field.default is not _MISSING:
            defaults[name] = field.default
    methods = _methods(tuple(fields), frozen, slots, eq)
    methods |= {"__value_fields__": fields, "__dataclass_params__": _Params(frozen, eq, slots)}
    methods |= {"__dataclass_fields__": _LibraryFields(cls), "__match_args__": tuple(fields)}
    missing = {name: one for name, one in methods.items() if name not in space}
    if not slots:
        for name in own:
            if name in cls.__dict__ and name not in defaults:
                delattr(cls, name)
        for name, one in {**defaults, **missing}.items():
            setattr(cls, name, one)
        return cls
    space |= missing
    space["__slots__"] = tuple(name for name in own if name not in inherited)
    made: type = type(cls)(cls.__name__, cls.__bases__, space)
    made.__qualname__ = cls.__qualname__
    return made


def _methods(names: tuple[str, ...], frozen: bool, slots: bool, eq: bool) -> dict[str, Any]:
    methods: dict[str, Any] = {"__init__": _first_init, "__repr__": _repr}
    if eq:
        content: Callable[[Any], Any] = attrgetter(*names) if names else _nothing

        def __eq__(self: Any, other: object) -> bool:
            if other.__class__ is not self.__class__:
                return NotImplemented
            same: bool = content(self) == content(other)
            return same

        def __hash__(self: Any) -> int:
            return hash(content(self))

        methods |= {"__eq__": __eq__, "__hash__": __hash__ if frozen else None}
    if frozen:
        methods |= {"__setattr__": _set, "__delattr__": _delete}
    if frozen and slots:
        methods |= {"__getstate__": _state, "__setstate__": _set_state}
    return methods


def _nothing(_: Any) -> tuple[()]:
    return ()


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Stands for the ``__init__`` of a class until the first value of it is made."""
    cls: Any = next(base for base in type(self).__mro__ if "__value_fields__" in base.__dict__)
    cls.__init__ = _compiled_init(cls)
    cls.__init__(self, *args, **kwargs)


def _compiled_init(cls: Any) -> Any:
    fields: dict[str, _Field] = cls.__value_fields__
    known: dict[str, Any] = {"_missing": _MISSING, "_set": object.__setattr__}
    parameters, body = [], []
    for name, field in fields.items():
        value = name
        if field.factory is not _MISSING:
            known[f"_f_{name}"] = field.factory
            parameters.append(f"{name}=_missing")
            value = f"_f_{name}() if {name} is _missing else {name}"
        elif field.default is not _MISSING:
            known[f"_d_{name}"] = field.default
            parameters.append(f"{name}=_d_{name}")
        else:
            parameters.append(name)
        if not cls.__dataclass_params__.frozen:
            body.append(f"self.{name} = {value}")
        elif hasattr(cls.__dict__.get(name), "__set__"):
            known[f"_s_{name}"] = cls.__dict__[name].__set__
            body.append(f"_s_{name}(self, {value})")
        else:
            body.append(f"_set(self, {name!r}, {value})")
    lines = "\n  ".join(body) or "pass"
    exec(f"def __init__({', '.join(['self', *parameters])}):\n  {lines}", known)  # noqa: S102 - names of fields only
    init = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _repr(self: Any) -> str:
    shown = (
        f"{name}={getattr(self, name)!r}" for name, field in self.__value_fields__.items() if field.shown
    )
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _set(self: Any, name: str, value: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__match_args__]


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)


class _Params:
    """What the library and those who build on it ask of ``__dataclass_params__``."""

    __slots__ = ("eq", "frozen", "init", "order", "repr", "slots", "unsafe_hash")

    def __init__(self, frozen: bool, eq: bool, slots: bool) -> None:
        self.frozen, self.eq, self.slots = frozen, eq, slots
        self.init = self.repr = True
        self.order = self.unsafe_hash = False


class _LibraryFields:
    """``__dataclass_fields__``: the library's own description of the fields, made when somebody asks for it."""

    def __init__(self, cls: type) -> None:
        self._annotations = cls.__dict__.get("__annotations__", {})
        self._bases = cls.__mro__[1:]
        self._made: dict[str, Any] | None = None

    def __get__(self, value: Any, cls: Any) -> dict[str, Any]:
        if self._made is None:
            self._made = self._describe(cls)
        return self._made

    def _describe(self, cls: Any) -> dict[str, Any]:
        import dataclasses

        described: dict[str, Any] = {}
        for base in reversed(self._bases):
            if "__dataclass_fields__" in base.__dict__:
                described.update({field.name: field for field in dataclasses.fields(base)})
        for name, kind in self._annotations.items():
            known: _Field = cls.__value_fields__[name]
            given: dict[str, Any] = {"repr": known.shown, "kw_only": False}
            if known.default is not _MISSING:
                given["default"] = known.default
            if known.factory is not _MISSING:
                given["default_factory"] = known.factory
            described[name] = field = dataclasses.field(**given)
            field.name, field.type, field._field_type = name, kind, dataclasses._FIELD  # type: ignore[attr-defined]
        return described


if TYPE_CHECKING:
    from dataclasses import asdict as asdict
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    asdict, dataclass, field, replace = _asdict, _dataclass, _field, _replace
