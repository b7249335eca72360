"""Groups of settings that are joined into one, in which every setting has one place."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, ClassVar, Self, get_args

from tyro.conf import OmitArgPrefixes as Flat  # --learning-rate, not --optimization.learning-rate

from kit.errors import SettingError, nearest
from kit.settings.values import taken

__all__ = ["Bare", "Flat", "Group", "Joined", "Needs"]


@dataclasses.dataclass(frozen=True)
class Bare:
    """In a setting's annotation: what its flag means where no value follows it.

    Attributes:
        value: Behind --flag alone.
        negative: Behind --no-flag; without it there is no such flag.
    """

    value: str
    negative: str | None = None


@dataclasses.dataclass(frozen=True)
class Needs:
    """In a setting's annotation: another setting, and the values of it with which this one counts.

    A trial of a search that has another value leaves the setting out.
    """

    other: str
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Group:
    """Settings on one subject.

    Attributes:
        lifted: Those of them that a file may have within ``settings``.
        searched: Whether they may differ from trial to trial of a search, ...
        alike: ... but for these, which are the same in all.
    """

    lifted: ClassVar[Sequence[str]] = ()
    searched: ClassVar[bool] = False
    alike: ClassVar[Sequence[str]] = ()

    def verify(self) -> None:
        """Check what these values alone decide.

        Raises:
            SettingError: One is out of its range, or two do not go together.
        """


@dataclasses.dataclass(frozen=True)
class Joined:
    """Groups, and settings that are in none. No two settings have one name.

    Attributes:
        null_is_unsaid: Whether None, in a file, leaves a setting to its default.
        often: The settings that most people need.
        examples: Words of a command line, without the program.
        instead: What the help says of settings whose own sentence does not hold here.
        printing: Settings of what a program prints, which its function does not take.
        also_read: Groups whose settings a file may hold, which are of no use here.
        unused: Such settings within groups whose others are of use.
    """

    null_is_unsaid: ClassVar[bool] = False
    often: ClassVar[Sequence[str]] = ()
    examples: ClassVar[Sequence[str]] = ()
    instead: ClassVar[Mapping[str, str]] = {}
    printing: ClassVar[frozenset[str]] = frozenset()
    also_read: ClassVar[tuple[type[Group], ...]] = ()
    unused: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def _declared(cls) -> Iterator[tuple[str, type[Group] | None, "dataclasses.Field[Any]"]]:
        """Yield each setting with its group, if any, and what that is called here."""
        for one in dataclasses.fields(cls):
            group = _group(one)
            for each in (one,) if group is None else dataclasses.fields(group):
                if each.name not in cls.unused:
                    yield one.name, group, each

    @classmethod
    def signature(cls) -> Signature:
        """Return the settings as the parameters of a function."""
        found = []
        for _, group, one in cls._declared():
            kind = Parameter.KEYWORD_ONLY if group else Parameter.POSITIONAL_OR_KEYWORD
            found.append(Parameter(one.name, kind, default=_default(one), annotation=one.type))
        return Signature(found)

    @classmethod
    def groups(cls) -> dict[type, list[str]]:
        """Return the names of the settings by their groups; those in none are the class's own."""
        found: dict[type, list[str]] = {}
        for _, group, one in cls._declared():
            found.setdefault(group or cls, []).append(one.name)
        return found

    @classmethod
    def searchable(cls) -> list[str]:
        """Return the settings that may differ from trial to trial of a search."""
        return [
            name
            for group, names in cls.groups().items()
            for name in names
            if issubclass(group, Group) and group.searched and name not in group.alike
        ]

    @classmethod
    def needs(cls) -> dict[str, Needs]:
        """Return what those settings need that do not always count."""
        return {
            name: mark
            for name, parameter in cls.signature().parameters.items()
            for mark in getattr(parameter.annotation, "__metadata__", ())
            if isinstance(mark, Needs)
        }

    @classmethod
    def tree_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of some settings in their groups, in the groups' order."""
        tree: dict[str, Any] = {}
        for place, group, one in cls._declared():
            if one.name in values:
                inside = tree if group is None else tree.setdefault(place, {})
                inside[one.name] = values[one.name]
        return tree

    @classmethod
    def flat_of(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a tree of groups holds, by the settings' names.

        What stands in no group is taken as it is: version 0.1 wrote settings without groups. It
        does not matter in which group a setting stands. Among the settings of a network it wrote
        more than stand there now: they count unless the same setting stands in its own place, too.
        """
        groups = {place: group for place, group, _ in cls._declared() if group is not None}
        groups |= {group.__name__.lower(): group for group in cls.also_read}
        flat: dict[str, Any] = {}
        for name, value in tree.items():
            flat |= value if name in groups and isinstance(value, Mapping) else {name: value}
        other = {name for group in groups.values() for name in vars(group())}
        other -= cls.signature().parameters.keys()
        inner = flat.get("settings")
        if isinstance(inner, Mapping):
            lifted = {name for group in groups.values() for name in group.lifted}
            own = {name: one for name, one in inner.items() if name in lifted}
            flat["settings"] = {name: one for name, one in inner.items() if name not in own}
            flat |= {name: one for name, one in own.items() if flat.get(name) is None}
        return {name: value for name, value in flat.items() if name not in other}

    def flat(self) -> dict[str, Any]:
        """Return every setting by its name."""
        flat: dict[str, Any] = {}
        for name, value in vars(self).items():
            flat |= vars(value) if isinstance(value, Group) else {name: value}
        return flat

    def tree(self) -> dict[str, Any]:
        """Return every setting in its group."""
        return self.tree_of(self.flat())

    def having(self, **values: Any) -> Self:
        """Return the same with some values changed, wherever they stand.

        Paths may be texts, and what takes NAME=VALUE texts takes a mapping as well.

        Raises:
            SettingError: There is no such setting, or it takes no such value.
        """
        parameters = self.signature().parameters
        for name, value in values.items():
            if name not in parameters:
                raise SettingError(f'There is no setting "{name}".{nearest(name, parameters)}')
            values[name] = taken(name, parameters[name].annotation, value)
        changed: dict[str, Any] = {}
        for name, value in vars(self).items():
            if isinstance(value, Group):
                own = {each: values[each] for each in vars(value) if each in values}
                changed[name] = dataclasses.replace(value, **own)
            else:
                changed[name] = values.get(name, value)
        return dataclasses.replace(self, **changed)

    def verify(self) -> None:
        """Check what the values of each group decide.

        Raises:
            SettingError: One is out of its range, or two do not go together.
        """
        for value in vars(self).values():
            if isinstance(value, Group):
                value.verify()


def _default(one: "dataclasses.Field[Any]") -> Any:
    if one.default_factory is not dataclasses.MISSING:
        return one.default_factory()
    return Parameter.empty if one.default is dataclasses.MISSING else one.default


def _group(one: "dataclasses.Field[Any]") -> type[Group] | None:
    kind = (get_args(one.type) or (None,))[0]
    return kind if isinstance(kind, type) and issubclass(kind, Group) else None
