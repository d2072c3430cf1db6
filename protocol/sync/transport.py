"""What each end asks of the TCP connection under a conversation, as options to set on its socket.

What was handed to the kernel cannot be overtaken, and its send buffer grows to megabytes: on a line of 64 kbit/s each
is two minutes in which no case can go ahead. And after some losses TCP waits ever longer before it tries again, up to
two minutes: on a line that loses a fifth of its packets it would spend its days waiting.
"""

from __future__ import annotations

from typing import Final

UNSENT: Final = 16 * 1024
"""Bytes that a socket takes beyond what is on the line: enough that the line never waits for the program."""

LONGEST_RETRY_MS: Final = 3_000
"""The longest wait before TCP sends again what was lost: above any round trip, satellites included, of a line on which
people could work."""

_TCP, _NOTSENT_LOWAT, _RTO_MAX_MS = 6, 25, 44  # IPPROTO_TCP; tcp(7) and linux/tcp.h

TCP_OPTIONS: Final = ((_TCP, _NOTSENT_LOWAT, UNSENT), (_TCP, _RTO_MAX_MS, LONGEST_RETRY_MS))
"""(level, option, value). A kernel that does not know one (the second is of Linux 6.15) works on, less promptly."""
