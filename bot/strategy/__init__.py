"""Search strategies in PubMed's query language: parse one, and ask what it says of a record."""

from bot.strategy.evaluate import Verdict, evaluate
from bot.strategy.parse import parse
from bot.strategy.tree import Node

__all__ = ["Node", "Verdict", "evaluate", "parse"]
