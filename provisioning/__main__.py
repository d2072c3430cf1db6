"""`python -m provisioning` is `mulhaqa-provision`."""

import sys

from provisioning.commands import main

sys.exit(main())
