"""The page about published plugins tells what `make thirdparty` demands."""

import re

from tests.servers import ROOT
from tests.thirdparty.suites import SUITES

PAGE = (ROOT / "docs" / "plugins" / "third-party.md").read_text(encoding="utf-8")


def test_the_counts_of_the_page_are_those_that_are_demanded():
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (\d+) of (\d+) \|", PAGE, flags=re.MULTILINE)
    demanded = [
        (suite.name, suite.release, str(suite.passed), str(suite.passed + len(suite.failing)))
        for suite in SUITES
    ]
    assert rows == demanded


def test_each_suite_that_does_not_pass_has_its_reason():
    for suite in SUITES:
        (row,) = [
            line for line in PAGE.splitlines() if f"| {suite.name} | {suite.release} |" in line
        ]
        assert bool(suite.failing) <= bool(row.split("|")[4].strip())
