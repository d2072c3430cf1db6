"""`python -m central` is `mulhaqa-central`."""

import sys

from central.commands import main

sys.exit(main())
