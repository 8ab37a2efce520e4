"""Docstrings become Markdown for the page about the Python API."""

from scripts.docstrings import as_markdown, opening

TEXT = """Do something with `x < y`, a < b.

Args:
    name: of the thing, and
        what follows.
    other (int): a number.
Raises:
    ValueError: it is none.

After it.

    run(this)
    and(that)

The end.
"""


def test_sections_become_lists_and_indented_text_becomes_code() -> None:
    assert as_markdown(TEXT).splitlines() == [
        "Do something with `x < y`, a \\< b.",
        "",
        "",
        "*Args*",
        "",
        "* `name`: of the thing, and",
        "  what follows.",
        "* `other`: a number.",
        "",
        "*Raises*",
        "",
        "* `ValueError`: it is none.",
        "",
        "After it.",
        "",
        "",
        "```text",
        "    run(this)",
        "    and(that)",
        "",
        "```",
        "",
        "The end.",
    ]


def test_fields_with_colons_become_lists() -> None:
    assert as_markdown(":param key: a <text>\n:raises KeyError: none").splitlines() == [
        "* `key`: a \\<text>",
        "* `KeyError`: none",
    ]


def test_code_at_the_end_is_closed() -> None:
    assert as_markdown("So:\n\n    run()") == "So:\n\n\n```text\n    run()\n```"


def test_a_thing_without_a_docstring_has_no_opening() -> None:
    def silent() -> None: ...

    assert opening(silent) == ""
    assert opening(as_markdown) == (
        "Return a docstring as Markdown; nothing in it can be taken for HTML."
    )
