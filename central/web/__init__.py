"""The prefecture's pages: what the annexes sent, for its officers, and the verification of papers, for everyone."""
