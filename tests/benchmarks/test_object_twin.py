"""The compiled kernel has the firms of its specification: readable Mesa agents that meet the same luck."""

import numpy as np
import pytest

from benchmarks import ecosim_engine, twin

FIRMS, QUARTERS = 400, 20
DISCRETE = ("uid", "cell", "age", "patents", "performs", "certified")
CONTINUOUS = ("log_employees", "log_productivity", "knowledge", "ambition")


@pytest.fixture(scope="module", params=[3, 11])
def both(request):
    """Firms of the kernel and of the twin after twenty quarters, in order of their identity, and their histories."""
    kernel, objects = ecosim_engine.Model(FIRMS, request.param), twin.Model(FIRMS, request.param)
    deaths = []
    for _ in range(QUARTERS):
        kernel.step()
        objects.step()
        deaths.append(objects.deaths)
    rows = np.flatnonzero(kernel.columns.alive == 1)
    rows = rows[np.argsort(kernel.columns.uid[rows])]
    return kernel, rows, sorted(objects.agents, key=lambda firm: firm.uid), deaths


def test_both_have_the_same_firms_to_the_last_whole_number(both):
    kernel, rows, firms, deaths = both
    assert len(firms) == rows.size
    for name in DISCRETE:
        ours = getattr(kernel.columns, name)[rows]
        assert np.array_equal(ours, np.array([getattr(firm, name) for firm in firms], dtype=ours.dtype)), name
    assert deaths == [row[ecosim_engine.DEATHS] for row in kernel.history]


def test_what_is_measured_agrees_to_nine_digits(both):
    kernel, rows, firms, _ = both
    for name in CONTINUOUS:
        theirs = np.array([getattr(firm, name) for firm in firms])
        np.testing.assert_allclose(getattr(kernel.columns, name)[rows], theirs, rtol=1e-9, atol=0, err_msg=name)


def test_every_event_has_happened(both):
    kernel, rows, firms, deaths = both
    births = sum(row[ecosim_engine.BIRTHS] for row in kernel.history)
    assert births > 0
    assert sum(deaths) > 0
    assert FIRMS + births - sum(deaths) == rows.size
    assert {True, False} == {firm.certified for firm in firms} == {firm.performs for firm in firms}
    assert max(firm.patents for firm in firms) > 1
