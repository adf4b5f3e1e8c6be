"""The process that writes a snapshot ends with the stand-in that it was forked from."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psutil

from alertproof.clock import SystemClock, wait_until

SLOW = """
import sys, time
from datetime import timedelta
from pathlib import Path
from alertproof.standins.journal.folding import Folding
from alertproof.standins.journal.snapshot import Part

class Slow:
    @property
    def __dict__(self):
        time.sleep(float(sys.argv[2]))
        return {}

longest = timedelta(seconds=float(sys.argv[3]))
folding = Folding(Path(sys.argv[1]), {"slow": Part(Slow())}, longest=longest)
print("forked", flush=True)
while (written := folding.over()) is None:
    time.sleep(0.01)
print("written" if written else "given up", flush=True)
sys.stdin.read()
"""


def forked(path: Path, *, slow: float, longest: float = 60) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SLOW, str(path), str(slow), str(longest)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "forked\n"
    return process


def test_a_snapshot_is_not_written_any_more_when_its_stand_in_was_killed(tmp_path: Path) -> None:
    with forked(tmp_path / "00000002.state", slow=1.0) as process:
        (writer,) = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        clock = SystemClock()
        ended = wait_until(
            lambda: True if not writer.is_running() or writer.status() == psutil.STATUS_ZOMBIE else None,
            clock=clock,
            deadline=clock.now() + timedelta(seconds=30),
            every=timedelta(milliseconds=20),
        )
        assert ended
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_is_written_while_its_stand_in_lives(tmp_path: Path) -> None:
    with forked(tmp_path / "00000002.state", slow=0.1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        assert [path.name for path in tmp_path.iterdir()] == ["00000002.state"]
        process.kill()


def test_a_writer_that_hangs_is_ended(tmp_path: Path) -> None:
    with forked(tmp_path / "00000002.state", slow=600, longest=0.2) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "given up\n"
        assert psutil.Process(process.pid).children() == []
        assert list(tmp_path.iterdir()) == []
        process.kill()
