"""`python -m tests.simulation`, which `./mulhaqa simulate` starts."""

import sys

from tests.simulation.commands import main

sys.exit(main())
