"""What is wrong with a data set, before a network learns it.

``audit(folder)`` reads every file once and gives an :class:`Audit`: what the images are like, the
findings file by file, what gives the label away, and how given parts differ. TensorFlow is never
imported.
"""

from kit.audit._audit import Audit, audit
from kit.audit._detail import Detail
from kit.audit._drift import Drift
from kit.audit._findings import KINDS, Finding, Kind
from kit.audit._shortcuts import Shortcut
from kit.audit._text import report
from kit.audit._write import save, to_json, write_fix_list

__all__ = [
    "KINDS",
    "Audit",
    "Detail",
    "Drift",
    "Finding",
    "Kind",
    "Shortcut",
    "audit",
    "report",
    "save",
    "to_json",
    "write_fix_list",
]
