"""litbot mesh: the headings below a heading."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import options, output
from bot.config import Settings
from bot.errors import SettingsError
from bot.formats import mesh as files
from bot.formats.text import clean
from bot.store import mesh
from bot.store.database import connect, prepare, reading, writing
from bot.strategy.mesh import BUILT_IN, Tree

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _mesh() -> None:
    """Look after the tree of MeSH headings, with which litbot explodes them."""


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="NLM's descriptors in XML, e.g. desc2026.xml or desc2026.gz."
        ),
    ],
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Read the whole of MeSH from a file of NLM, to be used instead of the part that is shipped.

    The file is at https://nlmpubs.nlm.nih.gov/projects/mesh/MESH_FILES/xmlmesh/, new every winter.
    Writes to the database only: all that was imported before is replaced, or, when the file is not
    good to its end, nothing is changed.
    """
    settings, moment = options.settings(database), options.clock(now)
    descriptors, name = list(files.read(file)), clean(file.name)
    engine = connect(settings.database_url)
    prepare(engine)
    with writing(engine) as db:
        mesh.replace(db, descriptors, file=name, now=moment)
    engine.dispose()
    count = len(descriptors)
    places = sum(len(one.tree_numbers) for one in descriptors)
    if json:
        output.as_json({"file": name, "descriptors": count, "tree_numbers": places})
    else:
        output.line(f"imported {count} headings with {places} places in the tree from {name}")


@app.command()
def show(
    heading: Annotated[str, typer.Argument(metavar="NAME", help="A MeSH heading.")],
    database: options.Database = "",
    json: options.Json = False,
) -> None:
    """Show what stands below a heading, and from which table it is known.  Changes nothing."""
    tree = _tree(options.settings(database))
    found = tree.places(heading)
    if not tree.knows(heading):
        raise SettingsError(f"{heading!r} is no heading of {tree.edition}{_hint(tree, heading)}")
    if json:
        rows = [{"tree_number": number, "ui": one.ui, "name": one.name} for number, one in found]
        output.as_json({"heading": heading, "from": tree.edition, "places": rows})
        return
    output.line(f"{len(tree.below(heading))} headings, from {tree.edition}")
    above = ""
    for number, one in found:
        if not number.startswith(f"{above}."):
            above = number
        depth = number.count(".") - above.count(".")
        output.line(f"{one.name} [{number}]", indent=2 * depth)


def _tree(read: Settings) -> Tree:
    """The tree that the bot uses with these settings; else the shipped one."""
    engine = connect(read.database_url)
    if options.is_missing(engine):
        return BUILT_IN
    with reading(options.existing(read)) as db:
        return mesh.tree(db)


def _hint(tree: Tree, heading: str) -> str:
    close = difflib.get_close_matches(heading.title(), tree.names(), n=3)
    if close:
        return f"; did you mean {' or '.join(map(repr, close))}"
    return "; the whole of MeSH is read by: litbot mesh import FILE" if tree is BUILT_IN else ""
