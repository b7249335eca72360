import contextlib
import dataclasses
import io
import os
import pty
import sys
import threading

import pytest
from rich.console import Console

from kit.search.showing.display import Show
from kit.search.showing.remaining_time import Pace, duration
from kit.search.showing.trial_lines import chosen, view
from kit.search.trials import Trial


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def trial(number, scores=(), status="complete", stage=1, reason="", planned=3, **values):
    rows = tuple(
        {"epoch": epoch, "val_accuracy": score, "seconds": 2.0}
        for epoch, score in enumerate(scores, 1)
    )
    values = {"learning_rate": 0.0031, "l2": 2e-5} | values
    return Trial(number, stage, values, 1, planned, rows, status, reason)


def lines(capsys):
    out, err = capsys.readouterr()
    assert out == ""  # results only
    return err.splitlines()


def drawn(trials, size=(100, 24), left="4 min", share=0.5):
    console = Console(file=io.StringIO(), width=size[0], height=size[1])
    console.print(view(trials, "val_accuracy", size, left, share))
    return console.file.getvalue().splitlines()


def test_each_ended_trial_is_one_line_and_each_closed_stage_another(capsys):
    clock = Clock()
    waiting = trial(1, status="waiting")
    with Show("val_accuracy", totals={1: 2, 2: 1}, clock=clock) as show:
        show.update([trial(0, [0.4], "running"), waiting], 5, 1)
        clock.now += 60
        show.update([trial(0, [0.4, 0.5]), waiting], 4, 1)
        show.update([trial(0, [0.4, 0.5]), waiting], 4, 1)  # nothing new
        bad = trial(1, [0.9], "infeasible", reason="the loss became nan", learning_rate=0.5)
        show.update([trial(0, [0.4, 0.5]), bad, trial(2, status="waiting", stage=2)], 0, 1)

    assert lines(capsys) == [
        "stage 1  1/2  trial 0  learning_rate 0.0031, l2 2e-05  val_accuracy 0.500 (best 0.500)"
        "  left 4 min",
        "stage 1  2/2  trial 1  learning_rate 0.5, l2 2e-05  infeasible: the loss became nan",
        "stage 1 closed: 2 trials (1 complete, 1 infeasible), best val_accuracy 0.500 with "
        "learning_rate 0.0031, l2 2e-05 (trial 0)",
    ]


def test_what_a_time_limit_stops_is_one_line_and_the_time_left_is_within_it(capsys):
    clock = Clock()
    over = "the time for the stages was up"
    with Show("val_accuracy", totals={1: 22}, clock=clock) as show:
        show.update([trial(n, status="waiting") for n in range(22)], 66, 1, 360)
        clock.now += 60
        first = trial(0, [0.5], planned=1)
        show.update([first] + [trial(n, status="waiting") for n in range(1, 22)], 240, 1, 300)
        stopped = [trial(n, status="stopped", reason=over) for n in range(1, 22)]
        show.update([first, *stopped], 0, 1, 0)

    found = lines(capsys)
    assert len(found) == 3
    assert found[0].endswith("left 5 min")  # 240 epochs of a minute would be 4 h
    assert found[1] == f"stage 1  22/22  21 trials stopped: {over}"
    assert found[2].startswith("stage 1 closed: 22 trials (21 stopped, 1 complete)")


def test_a_stopped_trial_says_so_and_an_infeasible_one_is_never_best(capsys):
    with Show("val_accuracy") as show:
        show.update([trial(0, [0.99], "infeasible"), trial(1, [0.4], "stopped")], 0, 1)

    first, second, closed = lines(capsys)
    assert "0.99" not in first + second + closed
    assert second.endswith("val_accuracy 0.400, stopped (best 0.400)")


def test_a_stage_whose_trials_are_drawn_one_by_one_is_not_closed_early(capsys):
    with Show("val_accuracy", totals={1: 2}) as show:
        show.update([trial(0, [0.5])], 3, 1)
        show.update([trial(0, [0.5]), trial(1, [0.6])], 0, 1)
        show.update([trial(0, [0.5]), trial(1, [0.6])], 0, 1)

    assert ["closed" in line for line in lines(capsys)] == [False, False, True]


def test_low_losses_are_best(capsys):
    one, two = (
        Trial(n, 1, {"l2": 1.0}, 1, 1, ({"epoch": 1, "val_data_loss": loss},), "complete")
        for n, loss in enumerate([1.5, 2.5])
    )
    with Show("val_data_loss") as show:
        show.update([one, two], 0, 1)

    assert lines(capsys)[1].endswith("val_data_loss 2.500 (best 1.500)")


def test_trials_of_an_earlier_run_are_not_said_again(capsys):
    before = [trial(0, [0.5]), trial(1, status="running", stage=2)]
    with Show("val_accuracy", before=before) as show:
        show.update([before[0], trial(1, [0.6], stage=2)], 0, 1)

    assert [line.split("  ")[0] for line in lines(capsys)] == ["stage 2", "stage 2 closed: 1 trial "
                                                               "(1 complete), best val_accuracy "
                                                               "0.600 with learning_rate 0.0031, "
                                                               "l2 2e-05 (trial 1)"]  # fmt: skip


def test_control_characters_of_settings_reasons_and_notes_are_spelt_out(capsys):
    bad = trial(0, [], "failed", reason="\x1b[2Jgone", optimizer="\x07adam")
    with Show("val_accuracy", finals=1) as show:
        show.update([bad], 0, 1)
        show.note("worker \x1b[31m\nis lost")

    found = lines(capsys)
    assert all(line.isprintable() for line in found)
    assert found[0] == (
        "finalists  1/1  trial 0  learning_rate 0.0031, l2 2e-05, optimizer \\x07adam  "
        "failed: \\x1b[2Jgone"
    )
    assert found[-2:] == ["worker \\x1b[31m", "is lost"]


def test_the_table_is_sorted_best_first_and_shows_what_runs():
    trials = [trial(n, [n / 100]) for n in range(40)]
    trials += [trial(40, [0.001], "running"), trial(41, status="waiting")]

    shown = chosen(trials, "val_accuracy", 5)

    assert [one.number for one in shown] == [39, 38, 37, 36, 40]


@pytest.mark.parametrize("size", [(110, 24), (72, 12), (40, 10), (20, 4)])
def test_the_table_fits_its_terminal(size):
    many = {f"setting_{n}": "گربه" * 5 for n in range(8)}
    trials = [trial(n, [n / 100], reason="x" * 200, **many) for n in range(60)]
    trials[0] = dataclasses.replace(trials[0], status="infeasible")

    found = drawn(trials, size)

    assert len(found) <= max(size[1], 9)
    assert all(len(line) <= size[0] for line in found)


def test_the_table_has_settings_scores_and_the_remaining_time():
    head, _, first, *_, bar = [line for line in drawn([trial(7, [0.2, 0.31])]) if line.strip()]

    assert head.split() == ["trial", "stage", "settings", "epochs", "now", "best", "status"]
    cells = "7 1 learning_rate 0.0031, l2 2e-05 2/3 0.310 0.310 complete"
    assert first.split() == cells.split()
    assert bar.endswith("1 of 1 trials ended, best first by val_accuracy, left 4 min")


def test_remaining_time_is_what_epochs_took_by_the_workers_that_are_left():
    clock = Clock()
    pace = Pace(clock)

    assert pace.add([trial(0)], 10, 2) is None  # nothing is known
    clock.now += 30
    assert pace.add([trial(0, [0.1] * 3)], 10, 2) == pytest.approx(100)  # 60 s of 2 workers for 3
    assert pace.add([trial(0, [0.1] * 3)], 10, 1) == pytest.approx(200)
    assert pace.add([trial(0, [0.1] * 3)], 0, 1) == 0


def test_remaining_time_of_a_resumed_search_begins_with_what_was_recorded():
    assert Pace(Clock()).add([trial(0, [0.1] * 3)], 10, 1) == pytest.approx(20)


def test_the_time_between_two_runs_is_not_counted():
    clock = Clock()
    pace = Pace(clock)
    clock.now += 1e6

    pace.add([trial(0, [0.1] * 3)], 10, 1)
    clock.now += 5
    assert pace.add([trial(0, [0.1] * 4)], 10, 1) == pytest.approx(50)


def test_times_are_in_words():
    assert [duration(s) for s in (0.2, 59, 150, 3600 * 2 + 300)] == [
        "1 s", "59 s", "2 min", "2 h 5 min",
    ]  # fmt: skip


def a_search_that_is_interrupted():
    with Show("val_accuracy") as show:
        show.update([trial(0, [0.4], "running", note="\x1b[2J")], 5, 1)
        show._live.refresh()
        print("a result")
        show.note("worker 2 was lost")
        show.update([trial(0, [0.4, 0.5])], 0, 1)
        raise KeyboardInterrupt


def written_to_terminal(monkeypatch, work):
    """Return what ``work`` writes to stderr where that is a terminal of 100 x 20 letters."""
    leader, follower = pty.openpty()
    found = bytearray()

    def read():
        with contextlib.suppress(OSError):  # the other end is closed
            while block := os.read(leader, 1 << 16):
                found.extend(block)

    reader = threading.Thread(target=read)
    reader.start()
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "100"), ("LINES", "20")):
        monkeypatch.setenv(name, value)
    with os.fdopen(follower, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with contextlib.suppress(KeyboardInterrupt):
            work()
        monkeypatch.undo()
    reader.join(10)
    os.close(leader)
    return found.decode()


def test_a_terminal_shows_a_live_table_and_gets_itself_back(monkeypatch, capsys):
    written = written_to_terminal(monkeypatch, a_search_that_is_interrupted)

    assert "running" in written
    assert "0.400" in written
    assert "0.500" in written
    assert "worker 2 was lost" in written
    assert "stage 1 closed: 1 trial" in written
    assert "\x1b[2J" not in written
    assert "\\x1b[2J" in written
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")  # the cursor is there again
    assert "a result" not in written
    assert capsys.readouterr().out == "a result\n"
