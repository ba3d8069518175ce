"""Words before their time."""

from cuefocus.engine.deadlines import MOST, Deadlines
from cuefocus.engine.ports import Command, Trigger


def test_words_come_out_when_they_are_due_in_order_and_stamped_so() -> None:
    kept = Deadlines()
    later = Trigger("osc", "/a", 1, "desk", due_ns=30)
    first, second = Command("go", 2, due_ns=20), Command("hold", 3, due_ns=20)
    for word in (later, first, second):
        assert kept.keep(word) == ""
    assert kept.next_ns == 20
    assert list(kept.due(19)) == []
    assert list(kept.due(25)) == [Command("go", 20), Command("hold", 20)]
    assert list(kept.due(30)) == [Trigger("osc", "/a", 30, "desk")]
    assert kept.next_ns is None


def test_no_more_are_kept_than_can_be_heard() -> None:
    kept = Deadlines()
    for number in range(MOST):
        assert kept.keep(Command("go", 0, due_ns=MOST - number)) == ""
    assert "refused" in kept.keep(Command("go", 0, due_ns=5))
    assert [word.due_ns for word in kept.forget()] == list(range(1, MOST + 1))
    assert list(kept.due(10**9)) == []


def test_those_said_since_are_kept_and_a_due_word_was_said_when_it_was() -> None:
    kept = Deadlines()
    words = [Command("go", said_ns, due_ns=40 - said_ns) for said_ns in (1, 2, 3)]
    for word in words:
        kept.keep(word)
    assert kept.forget(2) == [words[0]]
    assert [(word.stamp_ns, kept.said_ns) for word in kept.due(50)] == [(37, 3), (38, 2)]
    assert kept.said_ns is None
