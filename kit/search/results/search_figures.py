"""The figures of a search."""

from typing import Any

from kit.search.results.search_findings import Findings
from kit.search.results.trial_tables import epochs, setting_column, table
from kit.search.space import Range

ORDER = ("log", "linear", "choices")  # which settings the map shows: where it matters most, first


def figures(findings: Findings) -> dict[str, Any]:
    """Draw what there is to draw.

    Args:
        findings: Of a search.

    Returns:
        Figures, as :mod:`kit.plots` makes them. ``"settings"``: the score by each setting;
        ``"map"``: the trials by two settings, ranges in the logarithm before others; ``"cost"``:
        the best so far by processor time; ``"curves"``: all learning curves, coloured by the
        learning rate where that is searched. There is no map of one setting, and nothing of no
        trial.
    """
    from kit import plots  # matplotlib takes a second

    objective, space = findings.objective, findings.space
    tried = [trial for trial in findings.trials if trial.ended or trial.rows]
    if not tried:
        return {}
    rows, curves = table(tried, space, objective), epochs(tried, objective)
    scales = {
        setting_column(one.name): ("log" if one.log else "linear")
        if isinstance(one, Range)
        else "choices"
        for one in space
    }
    ranges = [
        {setting_column(one.name): (one.low, one.high) for one in stage if isinstance(one, Range)}
        for stage in findings.stages
    ]
    drawn = {"settings": plots.search_settings(rows, objective, scales=scales, ranges=ranges)}
    pair = sorted(scales, key=lambda name: ORDER.index(scales[name]))[:2]
    if len(pair) == 2:
        drawn["map"] = plots.search_map(
            rows, (pair[0], pair[1]), objective, scales=scales, ranges=ranges
        )
    if len(curves):
        drawn["cost"] = plots.search_cost(curves, objective)
        rates = {one.number: one.values.get("learning_rate", 0) for one in tried if one.rows}
        if scales.get("learning_rate") == "log" and min(rates.values()) > 0:
            drawn["curves"] = plots.search_curves(
                curves, objective, by=rates, name="learning_rate", log=True
            )
        else:
            drawn["curves"] = plots.search_curves(curves, objective)
    return drawn
