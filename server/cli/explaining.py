"""`./dwelzo explain`: reads the operation that is meant, and prints how it would be answered."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import asyncpg
from rich.text import Text

from server.app import executable_schema
from server.cli.database import migrate_database, open_services
from server.cli.failures import Refusal, unreachable
from server.cli.screen import results
from server.composition import Composed
from server.config import Settings, given, load_settings
from server.database import Database
from server.embedded import not_given, outline
from server.errors import quoted
from server.execution.explaining import (
    ComposedStatement,
    Explainer,
    Explanation,
    Step,
    plan_of,
)
from server.limits.document import DocumentLimits
from server.migrations import pending

# Longer values (the keys of many rows, a text) are cut off where they are listed.
LONGEST_VALUE = 200

_DOCUMENT = re.compile(r"\s*(#.*\s*)*(\{|(query|mutation|subscription|fragment)\b[^{]*\{)")
_STYLES = {"composed": "green", "breadth-first": "yellow", "graphql-core": "red"}


def explain(operation: str, name: str | None, variables: str | None, *, analyze: bool) -> None:
    """Explains before it starts anything: a mistake in what was asked costs nothing."""
    text, values = read_document(operation), read_variables(variables)
    settings = load_settings(outline(not_given(given())))
    explainer = Explainer(
        executable_schema(),
        page_size_max=settings.page_size_max,
        cost_limit=settings.cost_limit,
        limits=DocumentLimits.of(settings),
    )
    explanation = explainer.explain(text, values, name)
    _show(explanation, settings.cost_limit)
    if explanation.statements:
        with open_services("postgresql") as found:
            asyncio.run(_show_statements(explanation.statements, found, analyze=analyze))


def read_document(operation: str) -> str:
    """The text that the argument stands for: itself, standard input, or a file's; Refusal where it is none
    of them.
    """
    if operation == "-":
        return sys.stdin.read()
    if _DOCUMENT.match(operation):
        return operation
    try:
        return Path(operation).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Refusal(
            f"{quoted(operation)} cannot be read ({why}): give a file with a GraphQL document, the document"
            " itself, or - for standard input."
        ) from error


def read_variables(text: str | None) -> dict[str, Any]:
    """The variables of a JSON object; Refusal for anything else."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise Refusal(
            f"--variables {quoted(text or '')} is not JSON ({error}): write one object, such as"
            " '{\"first\": 10}'."
        ) from None
    if not isinstance(found, dict):
        raise Refusal(
            f"--variables {quoted(text or '')} is no JSON object: name each variable, such as"
            " '{\"first\": 10}'."
        )
    return found


def _show(explanation: Explanation, cost_limit: int) -> None:
    parts = [explanation.operation, f"cost {explanation.cost:,.0f} of {cost_limit:,}"]
    if explanation.is_whole:
        parts.append("one statement is the whole answer")
    results.print(Text(", ".join(parts)))
    _show_level(explanation.values, explanation.steps, 1)
    for refusal in explanation.refusals:
        results.print(Text(f"refused: {refusal}", style="red"))


def _show_level(values: tuple[str, ...], steps: tuple[Step, ...], depth: int) -> None:
    # Not rich's Tree: it cuts lines off at the width of the terminal.
    indent = "    " * depth
    if values:
        results.print(Text(f"{indent}{' '.join(values)}", style="dim"))
    for step in steps:
        results.print(Text(indent).append(_line(step)))
        _show_level(step.values, step.inner, depth + 1)


def _line(step: Step) -> Text:
    line = Text(step.name, style="bold")
    words = {"within": "", "type": "", "at hand": ""}.get(step.way, step.way)
    if step.number is not None:
        words = f"{words} in statement {step.number}"
    if words:
        line.append(f"  {words}", style=f"not bold {_STYLES.get(step.way, '')}")
    for part in (step.by, step.shape):
        if part:
            line.append(f"  {part}", style="not bold")
    if step.why:
        line.append(f"  (not composed: {step.why})", style="not bold dim")
    return line


async def _show_statements(
    statements: tuple[ComposedStatement, ...], settings: Settings, *, analyze: bool
) -> None:
    url = settings.database_direct_url.get_secret_value()
    await _ready(url)
    database = Database(url, size=1)
    await database.connect()
    try:
        connection = await database.take()
        try:
            for statement in statements:
                composed = await statement.ready(connection.raw_connection)
                _show_statement(statement, composed)
                plan = await plan_of(connection.raw_connection, composed, analyze=analyze)
                results.print(Text("\n".join(["", *plan])))
        finally:
            await database.give_back(connection, unharmed=True)
    finally:
        await database.disconnect()


async def _ready(url: str) -> None:
    """Migrates a database that is ours; of one that was given it only says that it is behind."""
    try:
        waiting = await pending(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise unreachable("DATABASE_DIRECT_URL", url, error) from error
    if not waiting:
        return
    if "DATABASE_URL" in given():
        raise Refusal(
            f"{len(waiting)} migrations are not applied, from {waiting[0].name} on; run ./dwelzo migrate."
        )
    await migrate_database(url)


def _show_statement(statement: ComposedStatement, composed: Composed) -> None:
    fields = ", ".join(statement.fields)
    results.print(Text(f"\nStatement {statement.number}: {fields}, cost {statement.cost:,.0f}", style="bold"))
    if statement.parents:
        results.print(Text("Its keys are those of rows that are there.", style="dim"))
    results.print(Text(f"\n{composed.text}"))
    if composed.arguments:
        results.print()
    for number, value in enumerate(composed.arguments, 1):
        shown = str(value) if not isinstance(value, list) else f"[{', '.join(map(str, value))}]"
        cut = shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}…"
        results.print(Text(f"${number} = {cut}"))
