"""What came of a training, a search or an audit, on one page that needs nothing else.

``report(folder)`` reads the files of the folder, draws ``report.html`` into it and returns its
path. Nothing is trained or measured here. TensorFlow is started to explain the worst mistakes of a
run, unless ``heat_maps=False``. A section of the page is a module of ``sections`` and a template of
the same name; its place is the one in the list there.
"""

from kit.reporting.reports import NAME, report

__all__ = ["NAME", "report"]
