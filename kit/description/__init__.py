"""A network before it is built: its layers, what they cost, how they hang together."""

from kit.description.advice import heaviest
from kit.description.describing import describe
from kit.description.layer_graph import graph
from kit.description.layers import Description, Layer, Row, describe_model, layer_table
from kit.description.report import report, to_csv

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
