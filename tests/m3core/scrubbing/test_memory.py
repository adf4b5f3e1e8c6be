from __future__ import annotations

import pytest
from tests.m3core.scrubbing.places import leaks

from m3core.scrubbing import FILTERED, Policy, Scrubber
from m3core.scrubbing.memory import Clean, Memory

FRAMES = "Traceback (most recent call last):\n" + '  File "leads.py", line 17, in create\n    return store(lead)\n' * 6
SECRET = "hunter2-and-more"


class Settling:
    """Counts how often a text is read."""

    def __init__(self, clean: Clean, *taken: str) -> None:
        self.clean, self.taken, self.times = clean, {*taken}, 0

    def __call__(self) -> tuple[Clean, set[str]]:
        self.times += 1
        return self.clean, set(self.taken)


def read_twice(text: str, settling: Settling) -> tuple[int, tuple[Clean, set[str]]]:
    memory = Memory()
    memory.settled(text, text, settling)
    return settling.times, memory.settled(text, text, settling)


def test_a_long_text_is_read_once_and_says_again_what_was_taken_out_of_it() -> None:
    text = f"{FRAMES}ValueError: password={SECRET}"
    settling = Settling((f"{FRAMES}ValueError: password={FILTERED}", ["pair"]), SECRET)

    _, again = read_twice(text, settling)

    assert settling.times == 1
    assert again == (settling.clean, {SECRET})


def test_a_memory_holds_neither_a_secret_nor_the_text_that_held_it() -> None:
    memory = Memory()
    scrubber = Scrubber()
    scrubber._memory = memory

    scrubber.text(f"{FRAMES}ValueError: password={SECRET}")

    assert memory._long
    assert SECRET not in repr([memory.clear, memory._long])


@pytest.mark.parametrize(
    ("text", "settling"),
    [
        ("password=x", Settling((f"password={FILTERED}", ["pair"]), "x")),
        (FRAMES, Settling((FILTERED, ["packed"]), "what stands there in base64")),
        (FRAMES, Settling((FILTERED, ["out-of-bounds"]))),
    ],
    ids=["short", "in another form", "too much for its event"],
)
def test_a_text_is_read_again(text: str, settling: Settling) -> None:
    read_twice(text, settling)

    assert settling.times == 2


def test_a_text_is_read_again_for_another_way_to_read_it() -> None:
    memory, settling = Memory(), Settling((FRAMES, []))

    memory.settled(FRAMES, FRAMES, settling)
    memory.settled(FRAMES, f"source:{FRAMES}", settling)

    assert settling.times == 2


def test_sixty_four_long_texts_are_remembered() -> None:
    memory, settling = Memory(), Settling(("clean", []))

    for number in range(70):
        memory.settled(f"{FRAMES}{number}", f"{FRAMES}{number}", settling)

    assert settling.times == 70
    assert len(memory._long) == 6


def test_what_a_known_traceback_held_goes_out_of_the_message_beside_it_each_time() -> None:
    scrubber = Scrubber()
    line = {"message": f"no login with {SECRET}", "exc_info": f"{FRAMES}ValueError: password={SECRET}"}

    first, second = scrubber.value(line), scrubber.value(line)

    assert first == second
    assert SECRET not in repr(second)


def test_a_known_text_is_scrubbed_as_an_unknown_one_is() -> None:
    texts = [f"{FRAMES}{case.content}" for case in leaks()[::11]]
    scrubber = Scrubber()
    for text in texts:
        scrubber.text(text)

    assert [scrubber.text(text) for text in texts] == [Scrubber().text(text) for text in texts]
    assert [scrubber.event({"message": text}) for text in texts] == [
        Scrubber(Policy()).event({"message": text}) for text in texts
    ]
