"""`python -m edge` is `mulhaqa-edge`."""

import sys

from edge.commands import main

sys.exit(main())
