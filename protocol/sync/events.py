"""What a session tells its driver."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.records.credentials import Credential, Standing
from protocol.sync.batches import Arrived, ArrivedKey
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.results import MarkTold, ResultsArrived


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The peer proved who it is. Answer with `committed(0, ...)`. `standing` flags an expired credential."""

    peer: Credential
    chain: tuple[bytes, ...]
    standing: Standing
    software: str


@dataclass(frozen=True, slots=True)
class CheckpointArrived:
    """What the peer holds durably. `restored`: it holds less than it once said; everything missing is sent again."""

    checkpoint: Checkpoint
    restored: bool


@dataclass(frozen=True, slots=True)
class CheckpointIgnored:
    """An old checkpoint came late; nothing changed."""

    counter: int


@dataclass(frozen=True, slots=True)
class BatchArrived:
    """Records to verify, commit and then answer with `committed(number, ...)`."""

    number: int
    keys: tuple[ArrivedKey, ...]
    records: tuple[Arrived, ...]


@dataclass(frozen=True, slots=True)
class ProgressTold:
    """The annexe says how many records it has left to send, and what time it is there; unsigned, for people to see."""

    left: int
    clock_ms: int


@dataclass(frozen=True, slots=True)
class PeerFailed:
    """The conversation is over. `told`: the peer refused us; otherwise we refuse the peer."""

    kind: str
    sentence: str
    told: bool = False


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """The peer ended the conversation cleanly."""


SessionEvent = (
    Authenticated
    | CheckpointArrived
    | CheckpointIgnored
    | BatchArrived
    | ChunkArrived
    | ResultsArrived
    | MarkTold
    | ProgressTold
    | PeerFailed
    | PeerLeft
)
