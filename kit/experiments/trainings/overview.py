"""What is about to be trained, as tables and pictures: the images and the network."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kit import data, description, plots, progress
from kit.data import samples
from kit.data.batches import augmentation, mixing
from kit.description.layer_graph import Graph
from kit.experiments.choice.plan import Plan

if TYPE_CHECKING:
    import keras


def parts_table(splits: data.Splits) -> str:
    """Return how many images of each class each part has, as a table."""
    counts = pd.DataFrame({part: splits.counts(part) for part in splits.parts})
    counts.loc["all"] = counts.sum()
    height, width, channels = splits.image_shape
    kind = "gray" if channels == 1 else "RGB"
    title = f"{len(splits.files)} {kind} images at {height} x {width} pixels ({splits.aspect}):"
    table = counts.rename(index=progress.short).to_string(max_rows=30)
    return f"{title}\n{table}"


def draw(plan: Plan, graph: Graph, splits: data.Splits, run: Path) -> None:
    """Draw the network, some images, and some as training sees them."""
    figures = run / "figures"
    plots.save(plots.network(*graph), figures / "network.png")
    images, classes, _ = samples.random_images(splits, count=16, seed=splits.seed)
    plots.save(plots.images(images, classes), figures / "samples.png")
    varied = plan.varies_images
    if varied and splits.mix is not None:
        pixels, labels = augmentation.first_images(splits, count=16)
        shares = [mixing.named_shares(label, splits.class_names) for label in labels]
        plots.save(plots.mixed(pixels, shares), figures / "augmentation.png")
    elif varied and augmentation.changes(splits):
        variants = augmentation.preview(splits, count=6, variants=5, seed=splits.seed)
        plots.save(plots.augmented(variants), figures / "augmentation.png")


def layers_table(model: "keras.Model") -> str:
    """Return the layers of a network as a table, and which is too heavy."""
    rows = description.layer_table(model)
    table = pd.DataFrame([dataclasses.asdict(row) for row in rows]).to_string(index=False)
    total = f"{model.count_params():,} parameters"
    return "\n".join(filter(None, [table, total, _kept(model), description.heaviest(rows)]))


def _kept(model: "keras.Model") -> str:
    """Say where the backbone ends, if there is one."""
    backbone = next((layer for layer in model.layers if layer.name == "backbone"), None)
    if backbone is None:
        return ""
    size = " x ".join(map(str, backbone.output_shape[1:]))
    end = f"{backbone.layers[-1].name} ({size})"
    return f"The backbone ends with {end}; `settings=cut=LAYER` ends it earlier."
