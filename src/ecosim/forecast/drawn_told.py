"""What a forecast from a posterior says of its parameters: which are drawn from it, and which stay priors."""

import numpy as np
import pandas as pd

from ecosim.calibration.simulation.identification import NOT_IDENTIFIED
from ecosim.forecast.drawn import AT_ORIGIN, GROWTH, Drawn

RANGE = (0.05, 0.95)  # nine of ten futures


def members(posterior: Drawn, taken: Drawn | None) -> str:
    """What members draw from the posterior, and what of it they do not. taken: what this forecast uses of it."""
    used = () if taken is None else taken.names
    left = [name for name in posterior.names if name not in used and not name.startswith(AT_ORIGIN)]
    levels = [name.removeprefix(AT_ORIGIN) for name in used if name.startswith(AT_ORIGIN)]
    parameters = [name for name in used if not name.startswith(AT_ORIGIN)]
    words = (
        f"Members draw {len(parameters)} parameters together from the weighted posterior of run {posterior.run}, "
        f"origin {posterior.origin}, not from the priors: "
        f"{', '.join(parameters) or 'none'}."
    )
    if levels:
        words += f" So are the levels at the origin of {', '.join(levels)}."
    if left:
        words += f" Not taken, because the forecast's own counts are surer or later: {', '.join(left)}."
    return f"{words} All other parameters are drawn from their priors, and so is a hindcast from before that origin."


def effects(taken: Drawn, identification: pd.DataFrame) -> str:
    """What a policy effect rests on. identification: parameter, verdict of the calibration."""
    given = instruments(taken)
    coefficients = [name for name in taken.names if "." in name and not name.startswith((AT_ORIGIN, GROWTH))]
    told = identification.loc[identification["verdict"] != NOT_IDENTIFIED, "parameter"].tolist()
    known = [name for name in (*given, *coefficients) if name in told]
    narrowed = (
        f"The counts of the calibration narrowed only {', '.join(known)} of these"
        if known
        else "The counts of the calibration narrowed none of these"
    )
    apart = [name for name in known if name in given]
    tell = f"apart, but for {', '.join(apart)}" if apart else "apart"
    deliver = "1 instrument delivers" if len(given) == 1 else f"{len(given)} instruments deliver"
    act = f"{len(coefficients)} coefficient{'s' * (len(coefficients) != 1)}"
    return (
        f"A policy effect here rests on what is drawn from that posterior (what {deliver}, {act}) "
        "and, for all else, on priors from literature or assumption, carried through the state of the "
        f"firms; its interval is that of both. {narrowed}, so they cannot tell the instruments {tell}."
    )


def delivery(taken: Drawn) -> str:
    """In which range instruments deliver whose delivery is drawn, to end a sentence about the others; may be empty."""
    names = instruments(taken)
    if not names:
        return ""
    ends = [_range(taken, name) for name in names]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return (
        f"; but what is delivered of {', '.join(names)} is drawn from the posterior, each in nine of ten draws within "
        f"{low:.2g} to {high:.2g} times what is written"
    )


def instruments(taken: Drawn) -> list[str]:
    """Instruments whose delivery is drawn."""
    return [name for name in taken.names if "." not in name]


def _range(taken: Drawn, name: str) -> tuple[float, float]:
    values = taken.values[:, taken.names.index(name)]
    order = np.argsort(values, kind="stable")
    ladder = np.cumsum(taken.weights[order]) / taken.weights.sum()
    low, high = (values[order][min(int(np.searchsorted(ladder, end)), len(order) - 1)] for end in RANGE)
    return float(np.exp(low)), float(np.exp(high))
