"""What the prefecture holds: its schema, the vault, ingest, folding, its own feeds, and the questions its pages ask."""
