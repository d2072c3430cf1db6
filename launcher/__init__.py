"""What stands behind `./mulhaqa`: set-up, demo, tests and selftest.

`commands`, `environment`, `debian`, `checks` and `progress` run on the bare python3 and import only its standard
library. `demo`, `selftest` and what they share (`stage`, `journey`, `client`) run inside the environment that was made.
Nothing here imports `edge` or `central`: the launcher starts their commands as anybody would.
"""
