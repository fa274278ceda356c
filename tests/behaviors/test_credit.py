"""Cash, the need of credit, its approval, and R&D where it is refused."""

import numpy as np
import pytest

from ecosim.behaviors import finance
from ecosim.behaviors.scratch import RATIO
from ecosim.model.firms import FINANCE

SALES = 2_000.0  # of the stage's firms a year: 20 employees, 100 each


@pytest.fixture(scope="module")
def plain(center):
    """Coefficients with round numbers."""
    return center.finance._replace(
        margin=0.08, recovered=0.0, investment=0.04, buffer=0.05, approval=0.2, certified=0.4, coverage=1.0,
        leverage=0.5, repayment=0.125, interest=0.08,
    )  # fmt: skip


def act(stage, quarter, c, coverage=0.0, lending=0.0, spread=0.0, firms=20_000, **columns):
    scene = stage(firms, **{"performs": 1, "aware": FINANCE, "research": 15.0, **columns})
    scene.terms.credit_coverage[:] = coverage
    scene.terms.lending[:] = lending
    scene.terms.spread[:] = spread
    scene.work[RATIO] = 4 * scene.firms.research / SALES
    finance.act(c, scene.firms, scene.terms, scene.luck, quarter, scene.work)
    return scene.firms, scene.work[RATIO]


def test_a_quarter_without_investment_is_as_by_hand(stage, quarter, plain):
    c = plain._replace(investment=0.0, approval=50.0)
    firms, _ = act(stage, quarter, c, loan=80.0, cash=10.0, firms=5)
    # 10 + 40 earned - 15 R&D - 1.6 interest - 10 repaid
    assert firms.cash == pytest.approx(np.full(5, 23.4))
    assert set(firms.loan) == {70.0}
    firms, _ = act(stage, quarter, c, research=60.0, firms=5)
    assert firms.loan == pytest.approx(np.full(5, 20.0))  # needs 60 - 40
    assert not firms.cash.any()
    assert not firms.constrained.any()
    firms, _ = act(stage, quarter, c, cash=90.0, firms=5)
    assert set(firms.cash) == {100.0}  # more than the buffer goes to the owners
    firms, _ = act(stage, quarter, c, loan=80.0, cash=10.0, spread=0.02, firms=5)
    assert firms.cash == pytest.approx(np.full(5, 23.8))


def test_credit_is_refused_by_its_odds_and_no_more_than_leverage_allows(stage, quarter, plain):
    for coverage, lending, certificate in ((0.0, 0.0, 0), (0.6, 0.3, 1)):
        firms, _ = act(stage, quarter, plain, coverage, lending, research=60.0, certificate=certificate)
        asks = firms.constrained + (firms.loan > 0)
        assert asks.max() == 1
        assert asks.sum() > 19_000
        refused = 1 / (1 + np.exp(0.2 + 0.4 * certificate + coverage + lending))
        assert abs(firms.constrained.sum() / asks.sum() - refused) < 4 * (0.25 / 20_000) ** 0.5
    tight, _ = act(stage, quarter, plain._replace(leverage=0.01, approval=50.0), research=60.0, loan=8.0)
    assert tight.loan.max() == pytest.approx(0.01 * SALES)
    assert tight.constrained.mean() > 0.5


def test_constrained_firms_cut_their_research_by_half_at_most(stage, quarter, plain):
    firms, ratio = act(stage, quarter, plain._replace(approval=-50.0))
    short = firms.constrained == 1
    assert 0.05 < short.mean() < 0.95
    assert np.all(firms.research[short] < 15.0)
    assert firms.research.min() == 7.5
    assert set(firms.research[~short]) == {15.0}
    assert ratio == pytest.approx(4 * firms.research / SALES)
    assert not firms.loan.any()
    poorer, _ = act(stage, quarter, plain._replace(approval=-50.0, margin=0.02))
    assert np.all(poorer.research <= firms.research)
    assert poorer.constrained.sum() > short.sum()


def test_firms_without_research_ask_for_no_credit(stage, quarter, plain):
    firms, _ = act(stage, quarter, plain._replace(margin=0.0), performs=0, research=0.0, loan=8.0)
    assert not firms.constrained.any()
    assert set(firms.loan) == {7.0}
    assert firms.cash.min() == 0.0


def test_a_guarantee_raises_the_chance_of_a_loan_and_research_a_little(stage, quarter, plain, center):
    c = plain._replace(coverage=center.finance.coverage)
    without, _ = act(stage, quarter, c, research=25.0, certificate=1)
    helped, _ = act(stage, quarter, c, 0.4, research=25.0, certificate=1)
    unaware, _ = act(stage, quarter, c, 0.4, research=25.0, certificate=1, aware=0)
    asks = (without.loan > 0) | (without.constrained == 1)
    assert 0.005 < (helped.loan[asks] > 0).mean() - (without.loan[asks] > 0).mean() < 0.05
    assert np.all(helped.constrained <= without.constrained)
    assert np.all(helped.research >= without.research)
    assert 1.0 < helped.research.sum() / without.research.sum() < 1.05
    for column in ("constrained", "loan", "research", "cash"):
        assert np.array_equal(getattr(unaware, column), getattr(without, column))


def test_cash_is_never_negative_nor_above_its_buffer(stage, quarter, center):
    luck = np.random.default_rng(4)
    draw = {"research": luck.exponential(20.0, 5_000), "loan": luck.exponential(50.0, 5_000)}
    firms, _ = act(stage, quarter, center.finance, firms=5_000, cash=luck.exponential(80.0, 5_000), **draw)
    assert firms.cash.min() >= 0.0
    assert firms.cash.max() <= center.finance.buffer * SALES * (1 + 1e-12)
    assert np.all(firms.research <= draw["research"])
    assert np.all(firms.research >= 0.5 * draw["research"])
