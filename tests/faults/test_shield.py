"""Signals: SIGTERM ends a block as Ctrl-C does, and neither interrupts what must be done to its end."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from alertproof.faults import ended_by_signals, shielded


def test_sigterm_ends_a_block_by_an_exception_so_that_what_is_open_is_closed() -> None:
    closed = []

    def work() -> None:
        with ended_by_signals():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()

    assert closed == [True]


def test_who_handled_a_signal_before_does_so_again() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ended_by_signals(), shielded():
        assert signal.getsignal(signal.SIGTERM) is not before

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_what_is_shielded_and_then_comes_once(number: signal.Signals) -> None:
    done = []

    def work() -> None:
        with ended_by_signals():
            with shielded():
                for _ in range(3):
                    os.kill(os.getpid(), number)
                done.append("to its end")
            done.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()

    assert done == ["to its end"]


def test_another_thread_than_the_main_one_is_left_as_it_is() -> None:
    said = []

    def work() -> None:
        with ended_by_signals(), shielded():
            said.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert said == ["done"]
