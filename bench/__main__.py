"""`python -m bench`, which `./mulhaqa bench` starts."""

import sys

from bench.commands import main

sys.exit(main())
