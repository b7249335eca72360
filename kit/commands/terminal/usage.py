"""What is wrong with the words of a command line, in one sentence."""

import itertools
from collections.abc import Sequence
from inspect import Parameter

from kit.errors import nearest
from kit.setting_names import flag as flag_of
from kit.settings import Joined
from kit.settings.values import is_mapping, is_switch, place, read, several, takes


def mistake(kind: type[Joined], words: Sequence[str], program: str) -> str:
    """Return what is wrong with words that the parser refused; nothing where it cannot be told."""
    parameters = kind.signature().parameters.values()
    flags = {flag_of(each.name): each for each in parameters if each.kind is each.KEYWORD_ONLY}
    places = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    begins = [n for n, word in enumerate(words) if word.startswith("--")] + [len(words)]
    loose = list(words[: begins[0]])
    for begin, end in itertools.pairwise(begins):
        flag, equals, behind = words[begin].partition("=")
        values = [*([behind] if equals else []), *words[begin + 1 : end]]
        parameter = flags.get(flag) or flags.get(f"--{flag.removeprefix('--no-')}")
        if parameter is None:
            return f"There is no flag {flag}.{nearest(flag, flags)}"
        if is_switch(parameter.annotation):
            loose += values
            continue
        most = len(values) if several(parameter.annotation) else 1
        loose += values[most:]
        if problem := _refused(parameter, flag, values[:most]):
            return problem
    return _out_of_place(places, loose, program)


def _refused(parameter: Parameter, flag: str, values: Sequence[str]) -> str:
    kind = takes(parameter.annotation)
    if not values:
        return f"{flag} takes {kind}, but nothing follows it."
    try:
        if not is_mapping(parameter.annotation):
            read(parameter.annotation, values)
    except ValueError:
        return f"{flag} takes {kind}, not {' '.join(values)!r}."
    return ""


def _out_of_place(places: Sequence[Parameter], loose: Sequence[str], program: str) -> str:
    """Say which word stands for nothing, or what is missing."""
    names = " ".join(map(place, places)) or "only flags"
    many = any(several(each.annotation) for each in places)
    if (dashed := [word for word in loose if word.startswith("-") and word != "-"]) and not many:
        return f"There is no flag {dashed[0]}. {program} --help-all lists the flags."
    if len(loose) > len(places) and not many:
        return f"{program} takes {names}; {loose[len(places)]!r} is one argument too many."
    needed = [place(each) for each in places if each.default is each.empty]
    if len(loose) < len(needed):
        missing = needed[len(loose) :]
        verb = "is" if len(missing) == 1 else "are"
        return f"{program} takes {names}; {' and '.join(missing)} {verb} missing."
    return ""
