"""What is wrong with a data set, before a network learns it.

``audit(folder)`` reads every file once and gives an :class:`Audit`: what the images are like, the
findings file by file, what gives the label away, and how given parts differ. TensorFlow is never
imported.
"""

from kit.auditing.audits import Audit, audit
from kit.auditing.detail import Detail
from kit.auditing.drift import Drift
from kit.auditing.findings import KINDS, Finding, Kind
from kit.auditing.reports.audit_text import report
from kit.auditing.reports.writing import save, to_json, write_fix_list
from kit.auditing.shortcuts import Shortcut

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
