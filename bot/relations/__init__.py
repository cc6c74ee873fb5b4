"""What records are to each other: versions, notices and parts, related and never merged.

Said by PubMed or by a feed, or inferred from titles as a last resort (basis `title`).
"""

from bot.preprints import is_preprint
from bot.relations.events import Said, noticed
from bot.relations.pairs import between
from bot.relations.reading import flags, notice_kind, stated

__all__ = ["Said", "between", "flags", "is_preprint", "notice_kind", "noticed", "stated"]
