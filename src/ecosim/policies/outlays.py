"""Outlays that depend on no firm: a yearly sum, booked a quarter at a time."""

from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.policies.schedule import Schedule


def pay_yearly(name: str, model: EcosystemModel, yearly: Schedule) -> None:
    """Book a quarter of a yearly sum (10k CNY)."""
    pay_sum(name, model, yearly.at(model.quarter) / QUARTERS_PER_YEAR)


def pay_sum(name: str, model: EcosystemModel, amount: float, recipients: int = 0) -> None:
    """Book a sum (10k CNY) of the quarter for a number of recipients (real firms)."""
    if amount > 0 or recipients > 0:
        model.ledger.pay(name, year_of(model.quarter), round(amount * FEN_PER_UNIT), recipients)
