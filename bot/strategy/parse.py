"""From the text of a search strategy to its tree.

As PubMed reads it: AND, OR and NOT in upper case, strictly from left to right; words side by side
are ANDed, and untagged ones go together before the operators around them do; a tag after several
words makes a phrase of them.  `*` stays in the text: what it may stand for is `evaluate`'s affair.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, v_args

from bot.errors import StrategyError
from bot.strategy.tree import And, Node, Not, Or, Range, Term, levels, place, short_tag
from bot.strategy.words import fold

#: Printing, comparing and evaluating recurse; Python allows 1,000 frames, up to three a level.
DEEPEST = 250

_OPERATORS = ("AND", "OR", "NOT")
_LETTER = re.compile(r"[^\W_]")
_BARE_WORD = re.compile(r"\S+")
_TWO_TAGS = " and "
#: A typed quotation mark outside straight ones; PubMed reads it as a letter of the word beside it.
_TYPED_QUOTE = re.compile(r'"[^"]*"|([\u201c-\u201f\u00ab\u00bb\uff02])')
_UNCLOSED = {
    '"': "the quotation mark is never closed",
    "[": "'[' is never closed; a field tag looks like [tiab]",
    "]": "']' has no '[' before it; a field tag looks like [tiab]",
}


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of a strategy.  Raises StrategyError with line and column of what is wrong."""
    if not text.strip():
        raise StrategyError("the search strategy is empty")
    _refuse_typed_quotes(text)
    try:
        tree = _PARSER.parse(text)
    except UnexpectedInput as error:
        raise _explain(text, error) from error
    assert isinstance(tree, And | Or | Not | Term | Range)
    for depth, level in enumerate(levels(tree)):
        if depth >= DEEPEST:
            raise StrategyError(f"AND, OR and NOT are nested more than {DEEPEST} levels deep")
        for node in level:
            if isinstance(node, Range) and _TWO_TAGS in node.tag:
                line, column = place(text, node.start)
                raise StrategyError(
                    f"a range needs one field, not {node.tag}", line=line, column=column
                )
    return tree


def _refuse_typed_quotes(text: str) -> None:
    for found in _TYPED_QUOTE.finditer(text):
        if mark := found[1]:
            line, column = place(text, found.start())
            problem = f'{mark} is a typographic quotation mark; PubMed needs straight ones: "'
            raise StrategyError(problem, line=line, column=column)


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Builds the tree while lark parses, so that no depth of nesting is recursed into."""

    def start(self, node: Node) -> Node:
        return node

    def link(self, *tokens: Token | Node) -> tuple[str, Node]:
        *operator, operand = tokens
        assert not isinstance(operand, Token)
        return (operator[0].type if operator and isinstance(operator[0], Token) else "AND"), operand

    def chain(self, first: Node, *links: tuple[str, Node]) -> Node:
        operands, current = [first], ""
        for operator, operand in links:
            if current and (operator != current or operator == "NOT"):
                operands = [_joined(current, operands)]
            operands.append(operand)
            current = operator
        return _joined(current, operands) if current else first

    def group(self, opened: Token, node: Node, closed: Token) -> Node:
        """A node in parentheses has its place from the one to the other."""
        return replace(node, start=opened.start_pos or 0, end=closed.end_pos or 0)

    def term(self, words: Token, bracket: Token | None = None) -> Term | Token:
        if words.type != "PHRASE" and bracket is None:
            return words
        return _term(words, bracket)

    def single(self, term: Term | Token) -> Node:
        """Bare words are a term each; they go together before the operators around them do."""
        if isinstance(term, Term):
            return term
        at = term.start_pos or 0
        terms = [
            Term(text=word.group(), start=at + word.start(), end=at + word.end())
            for word in _BARE_WORD.finditer(term)
            if _LETTER.search(fold(word.group()))
        ]
        if not terms:
            raise _at(term, f"nothing to search for in {str(term)!r}")
        return (
            terms[0]
            if len(terms) == 1
            else And(operands=tuple(terms), start=terms[0].start, end=terms[-1].end)
        )

    def range(self, *ends: Term | Token) -> Range:
        low, high = (end if isinstance(end, Term) else _term(end) for end in ends)
        tags = dict.fromkeys(end.tag for end in (low, high) if end.tag)
        return Range(
            low=low.text, high=high.text, tag=_TWO_TAGS.join(tags), start=low.start, end=high.end
        )


def _term(words: Token, bracket: Token | None = None) -> Term:
    quoted = words.type == "PHRASE"
    text = " ".join((words[1:-1] if quoted else words).split())
    if not _LETTER.search(fold(text)):
        raise _at(words, f"nothing to search for in {text!r}" if text else "empty quotes")
    tag, _, modifier = bracket[1:-1].partition(":") if bracket else ("", "", "")
    if bracket and not tag.strip():
        raise _at(bracket, f"{str(bracket)!r} names no field; a field tag looks like [tiab]")
    return Term(
        text=text,
        quoted=quoted,
        tag=short_tag(tag),
        modifier=" ".join(modifier.casefold().split()),
        start=words.start_pos or 0,
        end=(words if bracket is None else bracket).end_pos or 0,
    )


def _joined(operator: str, operands: list[Node]) -> Node:
    """One node of operands; what is already an AND in an AND (an OR in an OR) is taken apart."""
    start, end = operands[0].start, operands[-1].end
    if operator == "NOT":
        return Not(left=operands[0], right=operands[1], start=start, end=end)
    kind = And if operator == "AND" else Or
    flat: list[Node] = []
    for operand in operands:
        flat.extend(operand.operands if isinstance(operand, kind) else (operand,))
    return kind(operands=tuple(flat), start=start, end=end)


_PARSER = Lark.open_from_package(
    "bot.strategy",
    "grammar.lark",
    parser="lalr",
    lexer="basic",
    transformer=_Builder(),
    maybe_placeholders=False,
)


def _at(token: Token, problem: str) -> StrategyError:
    return StrategyError(problem, line=token.line or 1, column=token.column or 1)


def _explain(text: str, refusal: UnexpectedInput) -> StrategyError:
    """What is wrong with a text that does not parse, in its reader's words."""
    open_: list[Token] = []
    previous: Token | None = None
    try:
        for token in _PARSER.lex(text):
            if problem := _problem(previous, token, open_):
                return problem
            if token.type == "LPAR":
                open_.append(token)
            elif token.type == "RPAR":
                open_.pop()
            previous = token
    except UnexpectedCharacters as error:  # all else is a word
        return StrategyError(_UNCLOSED[error.char], line=error.line, column=error.column)
    if previous is not None and previous.type in _OPERATORS:
        return _at(previous, f"{previous} has nothing after it")
    if open_:
        return _at(open_[-1], "'(' is never closed")
    problem_text = "a range needs two ends, as in 2020:2024[dp]"
    return StrategyError(problem_text, line=refusal.line, column=refusal.column)


def _problem(previous: Token | None, token: Token, open_: list[Token]) -> StrategyError | None:
    """Why this token may not follow the previous one; None if it may."""
    before = previous.type if previous is not None else "LPAR"
    if token.type == "RPAR" and not open_:
        return _at(token, "')' has no '(' before it")
    if token.type == "RPAR" and before == "LPAR":
        return _at(open_[-1], "nothing stands between the parentheses")
    if token.type == "RPAR" and previous is not None and before in _OPERATORS:
        return _at(previous, f"{previous} has nothing after it")
    if token.type in _OPERATORS and before in _OPERATORS:
        return _at(token, f"two operators in a row: {previous} {token}")
    if token.type in _OPERATORS and before == "LPAR":
        return _at(token, f"{token} has nothing before it")
    if token.type == "TAG" and before not in ("BOUND", "WORDS", "PHRASE", "COLON"):
        return _at(token, f"the tag {str(token)!r} must follow a word or a phrase")
    if "COLON" in (token.type, before) and not _ends_meet(before, token.type):
        return _at(token, "':' must stand between the two ends of a range, as in 2020:2024[dp]")
    return None


def _ends_meet(before: str, after: str) -> bool:
    ends = ("BOUND", "WORDS", "PHRASE")
    return before in ends if after == "COLON" and before != "TAG" else after in (*ends, "COLON")
