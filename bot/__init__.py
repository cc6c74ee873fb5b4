"""litbot: watch PubMed and journals with saved queries, and tell each study once."""

__version__ = "0.1.0"
