"""What the prefecture's IT does before an annexe opens: its authority, the keys of each machine, and their seeds.

Commands are in `commands`; each file beside it holds one thing that they make. Time and randomness come in at the
commands alone. Nothing here is on an appliance or a server: the prefecture keeps it on a machine of its own.
"""
