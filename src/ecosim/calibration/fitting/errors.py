"""The mistake that an equation or its table can hold."""

from ecosim.data.errors import UserError


class EquationError(UserError, ValueError):
    """An equation that cannot be read, or cannot be fitted to its table: the message says what and the way out."""
