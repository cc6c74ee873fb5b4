"""Known studies: the records that a saved query must find, asked for again and again.

Offline by the records at hand, before a change of the query is merged; at PubMed every week,
because it changes how it reads a strategy, and nobody else would notice the loss.
"""

from __future__ import annotations

from bot.known_studies.at_hand import beside, stored
from bot.known_studies.gating import Checked, Clause, Outcome, gate, told
from bot.known_studies.rechecking import SOURCE, recheck

__all__ = ["SOURCE", "Checked", "Clause", "Outcome", "beside", "gate", "recheck", "stored", "told"]
