"""`python -m edge.press FONT-FOLDER...`: the press's process, started by `edge.press.client`."""

import sys

from edge.press.worker import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
