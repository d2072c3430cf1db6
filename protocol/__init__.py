"""The language that edge and central share: pure, with time and randomness as arguments."""
