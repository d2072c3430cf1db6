"""`python -m edge.reencoding MEDIA`: a file from standard input, made anew, on standard output."""

from __future__ import annotations

import sys

from edge.reencoding.worker import main

sys.exit(main(sys.argv[1:]))
