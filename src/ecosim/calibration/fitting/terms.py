"""The small language in which an equation names its terms: a text is read by a grammar of its own, never run.

    term     = factor { ("*" | "/") factor }
    factor   = atom [ "^" whole number ]
    atom     = column | `any column` | number | "(" term ")" | function "(" arguments ")"
    function = log | log_or_zero | is_zero | is | square | lag | lead | diff

log_or_zero is 0 where the value is 0, and stands with is_zero(x), which is 1 there. is(column, word) is 1 where the
column holds the word. lag(x), lag(x, 2), lead(x) and diff(x) look along the time of the same unit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ecosim.calibration.fitting.errors import EquationError
from ecosim.data.errors import nearest

PLAIN = ("log", "log_or_zero", "is_zero", "square")  # of one argument
MOVED = ("lag", "lead", "diff")  # of one argument and, but for diff, a number of periods
FUNCTIONS = (*PLAIN, *MOVED, "is")
_TOKEN = re.compile(r"\s*(?:(?P<name>[^\W\d]\w*)|`(?P<quoted>[^`]+)`|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[()*/^,]))")
_MOST = 200  # characters of a term


@dataclass(frozen=True)
class Column:
    """The values of a column of the table."""

    name: str


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Word:
    """1 where a column holds a word, else 0."""

    column: str
    word: str


@dataclass(frozen=True)
class Apply:
    """A function of one term: one of PLAIN."""

    function: str
    term: "Term"


@dataclass(frozen=True)
class Moved:
    """The value of `periods` before (positive) or after (negative); of the same unit."""

    term: "Term"
    periods: int


@dataclass(frozen=True)
class Difference:
    """The value less that of the period before, of the same unit."""

    term: "Term"


@dataclass(frozen=True)
class Product:
    """left times right, or left over right."""

    left: "Term"
    right: "Term"
    over: bool


@dataclass(frozen=True)
class Power:
    """A whole power of a term."""

    term: "Term"
    exponent: int


Term = Column | Number | Word | Apply | Moved | Difference | Product | Power


class _Token(NamedTuple):
    kind: str
    text: str


def parse(text: str) -> Term:
    """A term as a tree. Raises EquationError naming the place where the grammar ends."""
    if len(text) > _MOST:
        raise EquationError(f"term {text[:40]!r}...: longer than {_MOST} characters; make a column of it")
    return _Reader(text).whole()


def columns(term: Term) -> Iterator[str]:
    """Every column that a term needs."""
    match term:
        case Column(name):
            yield name
        case Word(column, _):
            yield column
        case Apply(_, inner) | Moved(inner, _) | Difference(inner) | Power(inner, _):
            yield from columns(inner)
        case Product(left, right, _):
            yield from columns(left)
            yield from columns(right)


def looks_along_time(term: Term) -> bool:
    """Whether a term needs units and times."""
    match term:
        case Moved() | Difference():
            return True
        case Apply(_, inner) | Power(inner, _):
            return looks_along_time(inner)
        case Product(left, right, _):
            return looks_along_time(left) or looks_along_time(right)
    return False


def one_ahead(term: Term) -> Term:
    """The same term of the period after the outcome's: x and lag(x) both become lead(x); a placebo."""
    return _shift(term, -1 - _deepest(term))


def _shift(term: Term, periods: int) -> Term:
    match term:
        case Column() | Word():
            return Moved(term, periods) if periods else term
        case Moved(inner, already):
            return _shift(inner, already + periods)
        case Apply(function, inner):
            return Apply(function, _shift(inner, periods))
        case Difference(inner):
            return Difference(_shift(inner, periods))
        case Power(inner, exponent):
            return Power(_shift(inner, periods), exponent)
        case Product(left, right, over):
            return Product(_shift(left, periods), _shift(right, periods), over)
    return term


def _deepest(term: Term) -> int:
    """The lag at which a term's newest value stands."""
    match term:
        case Moved(inner, periods):
            return periods + _deepest(inner)
        case Apply(_, inner) | Power(inner, _) | Difference(inner):
            return _deepest(inner)
        case Product(left, right, _):
            depths = [_deepest(side) for side in (left, right) if any(True for _ in columns(side))]
            return min(depths, default=0)
    return 0


class _Reader:
    """A recursive descent over the tokens of one term."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.place = 0

    def whole(self) -> Term:
        term = self.product()
        if self.place < len(self.tokens):
            self.fail(f"{self.tokens[self.place].text!r} is too much")
        return term

    def fail(self, what: str) -> None:
        raise EquationError(
            f"term {self.text!r}: {what}; terms are made of columns, * / ^ and {', '.join(sorted(FUNCTIONS))}; "
            "a column of another name stands in `backquotes`"
        )

    def peek(self, *signs: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place] in [_Token("sign", sign) for sign in signs]

    def take(self) -> _Token:
        if self.place >= len(self.tokens):
            self.fail("it ends too early")
        self.place += 1
        return self.tokens[self.place - 1]

    def expect(self, sign: str) -> None:
        if not self.peek(sign):
            found = repr(self.tokens[self.place].text) if self.place < len(self.tokens) else "nothing"
            self.fail(f"{sign!r} is missing, found {found}")
        self.place += 1

    def product(self) -> Term:
        term = self.factor()
        while self.peek("*", "/"):
            over = self.take().text == "/"
            term = Product(term, self.factor(), over)
        return term

    def factor(self) -> Term:
        term = self.atom()
        if self.peek("^"):
            self.take()
            term = Power(term, self.whole_number())
        return term

    def whole_number(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) <= 100:
            self.fail(f"{token.text!r} is no whole number from 1 to 100")
        return int(token.text)

    def atom(self) -> Term:
        if self.peek("("):
            self.take()
            term = self.product()
            self.expect(")")
            return term
        token = self.take()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "sign":
            self.fail(f"{token.text!r} stands where a column should")
        if token.kind == "name" and self.peek("("):
            return self.call(token.text)
        return Column(token.text)

    def call(self, function: str) -> Term:
        if function not in FUNCTIONS:
            raise EquationError(f"term {self.text!r}: no function {function!r}; {nearest(function, FUNCTIONS)}")
        self.expect("(")
        if function == "is":
            column = self.take()
            self.expect(",")
            word = self.take()
            self.expect(")")
            if "sign" in (column.kind, word.kind):
                self.fail("is() takes a column and a word")
            return Word(column.text, word.text)
        inner = self.product()
        periods = 1
        if function in ("lag", "lead") and self.peek(","):
            self.take()
            periods = self.whole_number()
        self.expect(")")
        if function == "square":
            return Power(inner, 2)
        if function == "diff":
            return Difference(inner)
        if function in ("lag", "lead"):
            return Moved(inner, periods if function == "lag" else -periods)
        return Apply(function, inner)


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise EquationError(
                f"term {text!r}: cannot read {text[place:].strip()[:12]!r}; terms are made of columns, * / ^ and "
                f"{', '.join(sorted(FUNCTIONS))}; sums are made of several terms"
            )
        kind = str(match.lastgroup)
        yield _Token(kind, match[kind])
        place = match.end()
