"""A network before it is built: its layers, what they cost, how they hang together."""

from kit.description.describing import describe, describe_model, layer_table
from kit.description.layer_graph import graph
from kit.description.layers import Description, Layer, Row
from kit.description.report import heaviest, report, to_csv

__all__ = [
    "Description",
    "Layer",
    "Row",
    "describe",
    "describe_model",
    "graph",
    "heaviest",
    "layer_table",
    "report",
    "to_csv",
]
