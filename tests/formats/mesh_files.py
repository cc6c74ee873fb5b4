"""Files of MeSH descriptors, made up in the shape of NLM's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from bot.strategy.mesh import Descriptor

HEAD = """<?xml version="1.0"?>
<!DOCTYPE DescriptorRecordSet SYSTEM "https://www.nlm.nih.gov/databases/dtd/none.dtd">
<DescriptorRecordSet LanguageCode = "eng">
"""
END = "</DescriptorRecordSet>\n"
RECORD = """<DescriptorRecord DescriptorClass = "1">
  <DescriptorUI>{ui}</DescriptorUI>
  <DescriptorName>
   <String>{name}</String>
  </DescriptorName>
  <PharmacologicalActionList>
   <PharmacologicalAction>
    <DescriptorReferredTo>
     <DescriptorUI>D999</DescriptorUI>
     <DescriptorName><String>Another</String></DescriptorName>
    </DescriptorReferredTo>
   </PharmacologicalAction>
  </PharmacologicalActionList>
{places}
  <ConceptList>
   <Concept PreferredConceptYN="Y">
    <ConceptName><String>{name} as a concept</String></ConceptName>
   </Concept>
  </ConceptList>
</DescriptorRecord>
"""


def record(one: Descriptor) -> str:
    """One descriptor as NLM writes it; a check tag has no list of tree numbers."""
    numbers = "".join(f"<TreeNumber>{number}</TreeNumber>" for number in one.tree_numbers)
    places = f"<TreeNumberList>{numbers}</TreeNumberList>" if numbers else ""
    return RECORD.format(ui=one.ui, name=escape(one.name), places=places)


def write(path: Path, descriptors: Iterable[Descriptor]) -> Path:
    """Write a whole file."""
    path.write_text(HEAD + "".join(map(record, descriptors)) + END, encoding="utf-8")
    return path


def branch(count: int) -> list[Descriptor]:
    """This many descriptors: a root, ten below it, ten below each of these, and so on."""
    numbers = ["F99"]
    for at in range(1, count):
        numbers.append(f"{numbers[(at - 1) // 10]}.{at % 1000:03}")
    return [
        Descriptor(f"Made-up Heading, {at}", f"D9{at:05}", (number, number.replace("F", "G")))
        for at, number in enumerate(numbers)
    ]
