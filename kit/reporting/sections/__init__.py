"""The sections of a report, each a module and a template of the same name.

A module has a ``TITLE`` and ``values(files)``, which returns what its template shows, or None where
there is nothing to show. The order here is that of the page.
"""

from kit.reporting.sections import (
    checks,
    classes,
    confusion,
    images,
    mistakes,
    network,
    scores,
    settings,
    training,
    verdict,
)
from kit.reporting.sections.of_audits import audited, findings, hints, looks
from kit.reporting.sections.of_searches import found, ranges, trials

OF_A_SEARCH = (found, ranges, trials, images, settings)
OF_AN_AUDIT = (audited, findings, hints, looks)
OF_A_RUN = (
    verdict,
    scores,
    mistakes,
    confusion,
    training,
    checks,
    classes,
    images,
    network,
    settings,
)
