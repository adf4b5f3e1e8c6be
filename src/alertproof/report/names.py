"""A check's name taken apart: the file, the function or test, and what it was parametrised with."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CheckName", "parse_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckName:
    """``module::test_of_something[parameters]``; the parts that a name does not have are empty."""

    module: str
    test: str
    parameters: str

    @property
    def group(self) -> tuple[str, str]:
        """What the checks of one parametrised test have in common."""
        return self.module, self.test

    @property
    def title(self) -> str:
        """The test's name as words: names of tests are sentences."""
        if not self.module.endswith(".py"):
            return self.test
        name = self.test.rpartition("::")[2]
        return name.removeprefix("test_").replace("_", " ").strip() or name


def parse_name(check: str) -> CheckName:
    """Take a check's name apart; one that is no test's is all ``test``."""
    module, _, test = check.partition("::")
    if not module or not test:
        return CheckName(module="", test=check, parameters="")
    parameters = ""
    if module.endswith(".py") and test.endswith("]") and "[" in test:
        test, _, parameters = test[:-1].partition("[")
    return CheckName(module=module, test=test, parameters=parameters)
