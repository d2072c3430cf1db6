"""Lock-outs: who is stopped where, for how long, and whom nobody can lock out of his own screen."""

from __future__ import annotations

import pytest

from edge.services.attempts import ALLOWED, ALLOWED_AMONG_STRANGERS, KNOWN_MS, LOCKED_MS, REMEMBERED, Attempts
from protocol.errors import PersonError


def passes(attempts: Attempts, claimed: str, place: str, now_ms: int = 0, most: int = 10_000) -> int:
    """How many tries, one after the other, are let through."""
    for number in range(most):
        try:
            attempts.admit(claimed, place, now_ms)
        except PersonError:
            return number
    return most


def test_guesses_at_one_screen_lock_nobody_out_of_another() -> None:
    attempts = Attempts()
    assert passes(attempts, "FA1", "kiosk 1") == ALLOWED
    attempts.admit("FA1", "kiosk 2", 0)


def test_guesses_from_everywhere_keep_no_agent_from_his_own_counter() -> None:
    attempts = Attempts()
    attempts.succeeded("salma", "counter 1", 0)
    assert sum(passes(attempts, "salma", f"screen {number}") for number in range(50)) == ALLOWED_AMONG_STRANGERS
    assert passes(attempts, "salma", "counter 1") == ALLOWED


def test_a_thousand_guesses_from_ten_screens_are_as_few_as_from_two() -> None:
    attempts = Attempts()
    let = sum(passes(attempts, "FA1", f"kiosk {number % 10}", most=1) for number in range(1000))
    assert let == ALLOWED_AMONG_STRANGERS


def test_a_sign_in_at_ones_own_screen_is_no_new_guesses_for_who_tries_elsewhere() -> None:
    attempts = Attempts()
    attempts.succeeded("salma", "counter 1", 0)
    passes(attempts, "salma", "kiosk 1")
    passes(attempts, "salma", "kiosk 2")
    attempts.succeeded("salma", "counter 1", 0)
    assert passes(attempts, "salma", "kiosk 3") == 0


def test_a_place_is_known_for_a_month_and_no_longer() -> None:
    attempts = Attempts()
    attempts.succeeded("salma", "counter 1", 0)
    passes(attempts, "salma", "kiosk 1", KNOWN_MS)
    passes(attempts, "salma", "kiosk 2", KNOWN_MS)
    with pytest.raises(PersonError):
        attempts.admit("salma", "counter 1", KNOWN_MS)


def test_who_shows_his_card_is_let_in_wherever_he_was_stopped() -> None:
    attempts = Attempts()
    for place in ("kiosk 1", "kiosk 2", "kiosk 3"):
        passes(attempts, "FA1", place)
    attempts.forgive("FA1")
    for place in ("kiosk 1", "kiosk 2", "kiosk 3"):
        attempts.admit("FA1", place, 0)


def test_only_so_many_made_up_identities_are_remembered() -> None:
    attempts = Attempts()
    for number in range(REMEMBERED + 1):
        attempts.admit(f"ZZ{number}", "kiosk 1", 0)
    assert passes(attempts, "ZZ0", "kiosk 1") == ALLOWED


def test_whoever_is_being_guessed_is_not_forgotten_for_newer_ones() -> None:
    attempts = Attempts()
    attempts.admit("FA1", "kiosk 1", 0)
    for number in range(REMEMBERED // 2 - 1):
        attempts.admit(f"ZZ{number}", "kiosk 1", 0)
    assert passes(attempts, "FA1", "kiosk 1", most=ALLOWED - 1) == ALLOWED - 1
    attempts.admit("one more", "kiosk 1", 0)
    assert passes(attempts, "FA1", "kiosk 1") == 0


def test_tries_that_are_far_apart_lock_nobody_out() -> None:
    attempts = Attempts()
    for number in range(3 * ALLOWED):
        attempts.admit("FA1", "kiosk 1", number * LOCKED_MS)
