"""The annexe's memory on one SQLite file: the append-only log, the keys that open it, and the views folded from it.

One writer decides and commits; any number of readers look. Everything about a person is sealed under that person's
own key before it reaches the disk, in the log and in the views alike.
"""
