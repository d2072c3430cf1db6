"""What people do at each screen, as a browser does it: one file a screen.

Every act can be done again after a crash, and has a question beside it that says whether it was done.
"""
