"""Who would have acted anyway: what recipients did in one run, held against another with the same luck."""

import numpy as np

from ecosim.forecast.witness import ACTS_SEEN, Amounts, Witness, places_in

ONCE = ("tech_sme", "high_tech", "certificate", "institute")  # a firm counts once; in others every year by itself
WINDOW = 3  # years after the year of such an act in which the firm may come to it without and would have acted anyway
ANSWER = 3  # years after the year in which a firm is first served in which its certificate is held to be of the service


def anyway(full: Witness, without: Witness, instrument: str, act: str, years: range) -> Amounts:
    """What recipients of an instrument did, and how much of it they also did in the run without it, (years, 2).

    R&D, hires and patents count as done anyway where the firm also has them in the same year, up to the amount that it
    has there; certificates and institutes as `_once` says.
    """
    if act in ONCE:
        return _once(full, without, instrument, act, years)
    found, number, row = np.zeros((len(years), 2)), full.instruments.index(instrument), ACTS_SEEN.index(act)
    for k, year in enumerate(years):
        here = full.year(year)
        mine = here.served[:, number]
        found[k] = here.amounts[mine, row].sum(), full.also(without, year)[mine, row].sum()
    return found


def _once(full: Witness, without: Witness, instrument: str, act: str, years: range) -> Amounts:
    """As `anyway`, of firms that count once, in the first year in which they were served.

    A firm counts where it acts in that year or up to ANSWER years later, and as one that acts anyway where it has done
    as much by WINDOW years after that act in the run without. What it did before it was served is no answer to it, in
    neither run. Not-a-number in years of which the run does not show all that.
    """
    last, answer = len(years), ANSWER if act == "certificate" else 0  # an award is paid for the act itself
    served, since = full.first_served(instrument, years)
    known, done = full.done_before(act, years)
    mine = places_in(served, known)
    served, since, done = served[mine], since[mine], done[places_in(known, served)]
    before = np.take_along_axis(done, since[:, np.newaxis], axis=1)
    more = done[:, 1:] > before
    when = more.argmax(axis=1)
    acts = more.any(axis=1) & (when <= since + answer)
    known, done = without.done_before(act, years)
    there = places_in(served, known)
    also = np.zeros(served.size, np.bool_)
    upto = np.minimum(when[there] + WINDOW + 1, last)
    also[there] = done[places_in(known, served), upto] > before[there, 0]
    found = np.stack([np.bincount(since[some], minlength=last) for some in (acts, acts & also)], axis=1).astype(float)
    found[max(last - answer - WINDOW, 0) :] = np.nan
    return found
