"""What a TCP connection has carried, as Linux counts it (tcp(7), TCP_INFO; struct tcp_info of linux/tcp.h)."""

from __future__ import annotations

import socket
import struct

from edge.sync.meter import Carried

SIZE = 208
"""Bytes of the struct up to and with tcpi_bytes_sent (Linux 4.19)."""
_RECEIVED, _SEGMENTS, _SENT = 128, 136, 200
HEADERS = {socket.AF_INET: 52, socket.AF_INET6: 72}
"""Bytes of a packet's headers: IP, and TCP with timestamps."""


def carried_by(tcp: socket.socket) -> Carried:
    """Return all that a connection has carried, packets' headers and repetitions included; raises OSError once it is
    closed."""
    info = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE)
    (received,) = struct.unpack_from("=Q", info, _RECEIVED)
    segments_out, segments_in = struct.unpack_from("=II", info, _SEGMENTS)
    (sent,) = struct.unpack_from("=Q", info, _SENT)
    header = HEADERS.get(tcp.family, 0)
    return Carried(sent + segments_out * header, received + segments_in * header)
