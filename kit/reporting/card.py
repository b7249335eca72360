"""A model card: what a model is, how it was made and measured, and what only a person can say.

Source of the sections: M. Mitchell et al., "Model Cards for Model Reporting", Conference on
Fairness, Accountability, and Transparency, 2019. The lines at the top are those that Hugging Face
reads.
"""

import re
from functools import cache
from pathlib import PurePath
from typing import Any

import yaml
from jinja2 import Environment
from markupsafe import Markup

from kit.progress import clean
from kit.reporting.page import environment
from kit.reporting.run_files import RunFiles

NAME = "README.md"
SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])|(?<=:)(?=//)|(?<=[wW])(?=\.)|^(?=[-+=])")
NUMBERED = re.compile(r"^(\d+)(?=[.)](\s|$))")
CLASSES, WEAKEST = 100, 5  # that are named


def card(run: RunFiles) -> str:
    """Return the model card of a run as Markdown, with Hugging Face's lines at its top."""
    facts, settings = run.saved.facts, run.saved.settings
    data = facts.get("data", {})
    name = run.folder.resolve().name
    source = PurePath(str(data.get("folder", ""))).name  # where it lies is nobody's business
    own = settings.get("settings") or {}
    part = run.parts[0] if run.parts else None
    scored = None if part is None else part.scores.per_class.dropna(subset=["recall"])
    weakest = [] if scored is None else scored.nsmallest(WEAKEST, "recall").to_dict("records")
    return (
        _templates()
        .get_template("card.md")
        .render(
            front=Markup(_front(run, name, source)),
            name=name,
            source=source,
            architecture=facts.get("architecture", ""),
            backbone=own.get("backbone") or settings.get("backbone"),
            weights=own.get("weights") or settings.get("weights"),
            classes=run.class_names[:CLASSES],
            more=max(0, len(run.class_names) - CLASSES),
            count=len(run.class_names),
            size=facts["image_size"],
            color=facts["color"],
            aspect=facts["aspect"],
            channels=3 if facts["color"] == "rgb" else 1,
            versions=facts.get("versions", {}),
            seed=facts.get("seed"),
            images=data.get("images", {}),
            left_out=len(data.get("left_out", [])),
            fingerprint=data.get("fingerprint", ""),
            parts=run.parts,
            weakest=weakest,
            sentences=run.metrics.get("sentences", []),
            summary=run.diagnosis.get("summary", ""),
            temperature=Markup(f"{heat:.2f}") if (heat := facts.get("temperature")) else "",
        )
    )


def _front(run: RunFiles, name: str, source: str) -> str:
    """Return the lines that Hugging Face reads, without a licence: only a person knows that."""
    known: dict[str, Any] = {
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "kit-image-classification"],
        "metrics": ["accuracy"],
    }
    if run.parts:
        part = run.parts[0]
        measured = {
            "type": "accuracy",
            "name": f"Accuracy ({part.words})",
            "value": round(part.scores.accuracy, 4),
        }
        results = {
            "task": {"type": "image-classification"},
            "dataset": {"name": clean(source) or "images", "type": "imagefolder"},
            "metrics": [measured],
        }
        known["model-index"] = [{"name": clean(name), "results": [results]}]
    return yaml.safe_dump(known, allow_unicode=True, sort_keys=False)


@cache
def _templates() -> Environment:
    # It is no HTML: finalize escapes for Markdown.
    return environment(autoescape=False, keep_trailing_newline=True, finalize=_plain)


def _plain(value: object) -> object:
    """Return a text so that Markdown shows it as it is: a name is no link, no heading, no tag."""
    if isinstance(value, Markup | int):
        return value
    return NUMBERED.sub(r"\1\\", SPECIAL.sub(_escaped, clean(value)))


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
