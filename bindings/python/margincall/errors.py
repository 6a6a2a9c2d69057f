"""What goes wrong, as exceptions that say where and what helps."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

Problem = Dict[str, Any]
"""One problem: kind, file, line, column, code, message, allowed, hint, more, text."""


class MargincallError(Exception):
    """Something that the core refuses or cannot do.

    The attributes are those of the first problem; ``errors`` has all of them.

    Attributes
    ----------
    code : str
        Stable code, e.g. ``"E521"``; ``margincall explain E521`` says what it means. ``"internal"`` is a bug of
        the program.
    message, hint : str
        What is wrong, and what helps; ``hint`` may be empty.
    file : str
        The file that it is about; may be empty.
    line, column : int or None
        Place in the file, from 1; None without a place.
    errors : list of dict
        Every problem: kind, file, line, column, code, message, allowed, hint, more, text.
    exit_code : int or None
        What the command line answers in the same case, where that is known.
    """

    def __init__(
        self,
        errors: Optional[List[Problem]] = None,
        text: str = "",
        *,
        exit_code: Optional[int] = None,
    ) -> None:
        super().__init__(text)
        self.errors: List[Problem] = list(errors or [])
        self.exit_code = exit_code
        first: Problem = self.errors[0] if self.errors else {}
        self.code: str = first.get("code", "")
        self.message: str = first.get("message", text)
        self.hint: str = first.get("hint", "")
        self.file: str = first.get("file", "")
        self.line: Optional[int] = first.get("line") or None
        self.column: Optional[int] = first.get("column") or None

    def __reduce__(self) -> Any:  # for worker processes
        return (_again, (type(self), self.errors, str(self), self.exit_code))


def _again(
    kind: type, errors: List[Problem], text: str, exit_code: Optional[int]
) -> MargincallError:
    made: MargincallError = kind(errors, text, exit_code=exit_code)
    return made


class ScenarioError(MargincallError, ValueError):
    """A scenario that is not valid; ``errors`` has every problem, not only the first."""


class ScenarioWarning(UserWarning):
    """Something implausible in a scenario, which does not stop a run."""
