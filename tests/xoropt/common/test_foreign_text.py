"""Text from files can't act on a terminal, end a comment, or become markup."""

from hypothesis import given
from hypothesis import strategies as st

from xoropt.common.foreign_text import in_comment, shown


@given(st.text(st.characters(codec=None)))
def test_shown_is_one_printable_line(text):
    line = shown(text)
    assert line.isprintable()
    line.encode()  # no lone surrogate is left
    if text.isprintable():
        assert line == text


@given(st.text("*/\\`?'\"\n\r\x1b -"))
def test_a_comment_stays_one(text):
    comment = in_comment(text)
    assert comment.isprintable()
    assert "*/" not in comment
    assert not comment.endswith("\\")


def test_examples():
    assert shown("a\x1b]0;title\x07b\u202ec\ud800") == "a\\x1b]0;title\\x07b\\u202ec\\ud800"
    assert shown("Größe 重み") == "Größe 重み"
