"""A finding: where the rooms disagree, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One disagreement. `path` is relative to the checkout, `line` counts from 1, `rule` is a stable name."""

    path: str
    line: int
    rule: str
    message: str
    cure: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message} {self.cure}"


class Refused(Exception):
    """A file that cannot be read at all, so that nothing after it can be checked."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding
