"""How long it still takes, said only when it can be trusted."""

from __future__ import annotations

from collections import deque

_WINDOW_S = 60.0  # the speed of the last minute
_TRUST_AFTER_S = 6.0
_TRUST_AFTER_SHARE = 0.02
_JUMP = 0.3  # a change of less than this is not worth a different number


class TimeLeft:
    """Feed it `note(stage, done, total, now_s)`; it answers in seconds, or None while it cannot be trusted.

    The number it shows runs down with the clock. It is corrected only when the estimate has moved away from it, so that
    it does not jump to and fro.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._points: deque[tuple[float, int]] = deque()
        self._shown: tuple[float, float] | None = None  # when it ends, when that was said

    def restart(self) -> None:
        """After a pause: time that nobody worked does not count."""
        self._points.clear()
        self._shown = None

    def note(self, stage: str, done: int, total: int | None, now_s: float) -> float | None:
        if stage != self._stage or (self._points and done < self._points[-1][1]):
            self._stage = stage
            self.restart()
        if not self._points or done > self._points[-1][1]:
            self._points.append((now_s, done))
        while len(self._points) > 2 and now_s - self._points[0][0] > _WINDOW_S:
            self._points.popleft()
        return self._seconds(done, total, now_s)

    def _seconds(self, done: int, total: int | None, now_s: float) -> float | None:
        first_s, first_done = self._points[0]
        elapsed_s, made = now_s - first_s, done - first_done
        if not total or made <= 0 or elapsed_s < _TRUST_AFTER_S or made < total * _TRUST_AFTER_SHARE:
            return None
        estimate_s = (total - done) * elapsed_s / made
        if self._shown is None or self._is_off(estimate_s, now_s):
            self._shown = (now_s + estimate_s, now_s)
        return max(0.0, self._shown[0] - now_s)

    def _is_off(self, estimate_s: float, now_s: float) -> bool:
        assert self._shown is not None
        ends_s, said_s = self._shown
        shown_s = max(1.0, ends_s - now_s)
        return now_s - said_s > 5.0 and abs(estimate_s - shown_s) > max(5.0, _JUMP * shown_s)
