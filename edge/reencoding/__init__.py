"""Scans made anew from what they show, in a process of their own: what else a file held stays outside."""
