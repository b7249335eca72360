"""A page of HTML from templates, in which no name of a file or a class is markup."""

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from kit.progress import clean

# Even if a name got through as markup, the browser would run nothing and fetch nothing.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
)
PERCENT = re.compile(r"(?<=\d) %")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes:
        name: Of its anchor and its template.
        title: Its heading.
        values: What the template shows.
    """

    name: str
    title: str
    values: Mapping[str, Any]


def page(title: str, kind: str, sections: Sequence[Section]) -> str:
    """Return a page as HTML.

    Args:
        title: Its heading; a person's text.
        kind: What it is the report of: "Training".
        sections: In their order.
    """
    templates = _templates()
    style = templates.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    bodies = [
        (one, Markup(templates.get_template(f"{one.name}.html").render(one.values)))
        for one in sections
    ]
    return templates.get_template("page.html").render(
        title=title,
        kind=kind,
        sections=bodies,
        style=Markup(style),
        policy=POLICY.format(digest),
    )


@cache
def _templates() -> Environment:
    return environment(autoescape=True, finalize=_shown)


def environment(**settings: Any) -> Environment:
    """Return the templates; what one asks for and nobody gave is an error."""
    templates = Environment(
        loader=PackageLoader("kit.reporting"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **settings,
    )
    templates.filters["percent"] = percent
    templates.filters["flags"] = flags
    return templates


def _shown(value: object) -> object:
    """Spell out what would steer a page: control characters, and marks that turn a text around.

    A number and its percent sign stay on one line.
    """
    return value if isinstance(value, Markup) else PERCENT.sub("\u00a0%", clean(value))


def flags(text: object) -> Markup:
    """Return a text whose flags are marked, so that no line ends within one."""
    return Markup(FLAG.sub(r'<code class="flag">\g<0></code>', str(escape(_shown(text)))))


def percent(share: float) -> str:
    """Return a share as people read it, as in 96.7 %; a dash for NaN."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"
