"""What an annexe does, one file a use case: each decides on events inside the single writer, and reads the views.

A screen calls a service; a service calls `Store.execute` with a decision that appends events; nothing else writes.
"""
