"""A page of HTML as its parser sees it, and what every report keeps to."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "img", "br", "link", "hr", "input", "wbr"}
Attributes = list[tuple[str, str | None]]


class Page(HTMLParser):
    """The tags of a page with their attributes, its texts, and whether tags close each other."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.path: list[str] | None = None  # parts of the name of a file, isolated from each other
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: Attributes) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)
        if (tag, attributes) == ("span", [("dir", "ltr")]):
            self.path = []

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
        if tag == "span" and self.path is not None:
            self.texts.append("".join(self.path))
            self.path = None

    def handle_data(self, text: str) -> None:
        if self.path is not None:
            self.path.append(text)
        elif text.strip() and self.open[-1] != "style":
            self.texts.append(text.strip().replace("\u00a0", " "))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def having(self, attribute: str) -> list[str]:
        return [found[attribute] for _, found in self.tags if attribute in found]

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """Return the tags with the names of their attributes: all that is markup."""
        return [(tag, sorted(attributes)) for tag, attributes in self.tags]


def read(path: Path) -> Page:
    """Return a report, and check what holds for each: see the assertions."""
    page = Page(path.read_text("utf-8"))
    ids = page.having("id")
    sources = page.having("src") + page.having("href")
    assert (page.wrong, page.open) == ([], [])
    assert len(ids) == len(set(ids))
    assert all(one.startswith("data:image/webp;base64,") for one in page.having("src"))
    local = [one for one in page.having("href") if one.startswith("#")]
    assert {one[1:] for one in local} <= set(ids)
    assert not [one for one in sources if "://" in one]
    assert all(one["alt"] for one in page.all("img"))
    assert not {"script", "iframe", "object", "link", "form"} & {tag for tag, _ in page.tags}
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    assert page.having("style") == [], "the policy forbids it"
    return page


def policy(page: Page) -> Any:
    return next(one["content"] for one in page.all("meta") if "http-equiv" in one)
