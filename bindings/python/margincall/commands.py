"""The program's commands in this process: what ``margincall ...`` does, without a shell."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Sequence

from . import _core
from .errors import MargincallError, ScenarioError


class Answer(NamedTuple):
    """What a command answered."""

    code: int
    """Exit code: 0 done, 2 command line, 3 scenario, 4 input, 5 a limit, 6 interrupted, 7 a difference, ..."""
    out: str
    """Standard output."""
    err: str
    """Standard error."""


def command(arguments: Sequence[str]) -> Answer:
    """Does what ``margincall ARGUMENTS...`` does, in this process.

    One command runs at a time. Threads of Python go on meanwhile; Ctrl-C once ends a run in good order, twice
    within it ends the whole process, as it does the program.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C was pressed (exit code 6); what the command kept is on the disk.

    Examples
    --------
    >>> mc.command(["explain", "agents.market_maker.firms"]).out
    """
    if isinstance(arguments, str):
        raise TypeError("command wants a list of words, e.g. [\"explain\", \"E203\"]")
    code, out, err = _core.command([str(one) for one in arguments])
    if code == 6:
        raise KeyboardInterrupt(err.strip())
    return Answer(code, out, err)


def checked(arguments: Sequence[str], *, good: Sequence[int] = (0,)) -> Answer:
    """The same; an exit code that is not ``good`` is raised with its problems. ``--json`` is added."""
    answer = command([*arguments, "--json"])
    if answer.code in good:
        return answer
    problems: List[Dict[str, Any]] = []
    for line in answer.out.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("kind") == "error" and "code" in row:
            problems.append({"more": 0, "text": "", **row})
    kind = ScenarioError if answer.code == 3 else MargincallError
    raise kind(problems, answer.err.strip(), exit_code=answer.code)


def json_lines(text: str) -> List[Dict[str, Any]]:
    """The objects of a text with one a line."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
