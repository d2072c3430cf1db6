"""How two logs meet: hello, batches, checkpoints and the session that carries them. Sans-IO, for both ends."""
