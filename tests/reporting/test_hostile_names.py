"""Names of classes and files come from strangers: on a page they are text, and nothing else."""

from pathlib import Path

import html_pages
import made_up_runs

import kit

PAYLOADS = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '" autofocus onfocus=alert(1) x="',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext></mtext><script>alert(1)</script>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//example.org/x.css>",
    '<meta http-equiv="refresh" content="0;url=//example.org">',
    "<base href=//example.org/>",
    "<form action=//example.org><button>x</button></form>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "{{ 7 * 7 }}{% for x in y %}",
    "\u202egpj.exe\u2066<b>",
    "\x00<script\x0b>alert(1)</script\n>",
    "<!--",
    "<![CDATA[<script>alert(1)</script>]]>",
)


def test_thirty_payloads_in_names_of_classes_and_files_change_no_markup(tmp_path: Path) -> None:
    pages = []
    for number, names in enumerate((PAYLOADS, [f"class {one}" for one in range(len(PAYLOADS))])):
        files = [f"{name}/{name}.png" for name in names]
        run = made_up_runs.write(tmp_path / str(number), tmp_path, names, files, count=96)
        pages.append(html_pages.read(kit.report(run)))

    hostile, harmless = (
        [one for one in page.shape if one[0] not in ("bdi", "wbr")]  # a path has one at each slash
        for page in pages
    )
    assert hostile == harmless
    assert PAYLOADS[0] in pages[0].texts
    assert "{{ 7 * 7 }}{% for x in y %}" in pages[0].texts


def test_marks_that_turn_a_text_around_are_spelt_out(tmp_path: Path) -> None:
    run = made_up_runs.write(tmp_path / "run", tmp_path, ["a\u202eb", "c\x1b[2J"])
    text = kit.report(run).read_text("utf-8")

    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "a\\u202eb" in text


def test_persian_names_stand_on_their_own_and_keep_their_joiners(tmp_path: Path) -> None:
    name = "می\u200cخواهم"
    page = html_pages.read(
        kit.report(made_up_runs.write(tmp_path / "run", tmp_path, ["cats", name]))
    )

    assert page.texts.count(name) > 5
    assert {one["dir"] for one in page.all("bdi")} == {"auto"}


def test_folders_and_files_in_persian_keep_their_order_and_their_ending(tmp_path: Path) -> None:
    files = [f"گربه/عکس {number}.png" for number in range(24)]
    run = made_up_runs.write(tmp_path / "run", tmp_path, ["گربه", "سگ"], files, count=24)

    text = kit.report(run).read_text("utf-8")
    assert '<bdi dir="auto">گربه</bdi>/<wbr><bdi dir="auto">عکس 1</bdi>.png</span>' in text
