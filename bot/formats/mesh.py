"""NLM's descriptor file (desc2026.xml) to MeSH descriptors: name, UI and tree numbers.

The file has some 30,000 records in 300 MB and more, nearly all of it concepts and terms, so it is
read as a stream and a record is forgotten as soon as it is read.  No document type, entity or
address in it is looked at.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from lxml import etree

from bot.errors import FormatError
from bot.formats.text import clean
from bot.strategy.mesh import Descriptor

_SET, _RECORD = "DescriptorRecordSet", "DescriptorRecord"
_GZIP = b"\x1f\x8b"
_RIGHT = "right would be NLM's descriptors as XML (desc2026.xml, or desc2026.gz)"


def read(path: Path) -> Iterator[Descriptor]:
    """Give the descriptors of a file, plain or in gzip, one by one.

    Raise FormatError for a file that is something else, and, after all that came before, for one
    that breaks off, or that holds a record without a name or two of the same name.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2).startswith(_GZIP)
            yield from _records(gzip.GzipFile(fileobj=raw) if packed else raw)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except etree.XMLSyntaxError as error:
        raise FormatError(f"{path}: {error.msg}; {_RIGHT}; fetch it again") from error
    except (OSError, EOFError, zlib.error) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FormatError(f"{path}: cannot be read: {problem}") from error


def _records(stream: BufferedIOBase) -> Iterator[Descriptor]:
    parsed = etree.iterparse(
        stream,
        events=("end",),
        tag=_RECORD,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    names = set[str]()
    for _event, element in parsed:
        descriptor = _descriptor(element, len(names) + 1)
        if descriptor.name in names:
            raise FormatError(f"two records are named {descriptor.name!r}; {_RIGHT}")
        names.add(descriptor.name)
        yield descriptor
        _forget(element)
    if parsed.root.tag != _SET:
        raise FormatError(f"the root is {parsed.root.tag}, not {_SET}; {_RIGHT}")
    if not names:
        raise FormatError(f"holds no {_RECORD}; {_RIGHT}")


def _forget(record: etree._Element) -> None:
    """Free what was read: this record's content, and the records before it."""
    record.clear()
    above = record.getparent()
    while above is not None and record.getprevious() is not None:
        del above[0]


def _descriptor(record: etree._Element, number: int) -> Descriptor:
    ui = clean(record.findtext("DescriptorUI") or "")
    name = clean(record.findtext("DescriptorName/String") or "")
    if not name:
        raise FormatError(f"record {number} ({ui or 'no UI'}) has no name; fetch the file again")
    numbers = (clean(child.text or "") for child in record.iterfind("TreeNumberList/TreeNumber"))
    return Descriptor(name, ui, tuple(filter(None, numbers)))
