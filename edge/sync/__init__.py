"""How the annexe's log reaches the prefecture: the uplink that dials, and what it shows of its progress."""
