"""The prefecture: it takes in what the annexes write, verifies and folds it, and publishes what they all need."""
