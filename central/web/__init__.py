"""The prefecture's pages: an officer's view of the annexes and their requests."""
