"""What every test runs under."""

from hypothesis import settings

# Two cores shared by a browser, QEMU or another suite make single examples slow at random; slowness is for bench/.
settings.register_profile("mulhaqa", deadline=None)
settings.load_profile("mulhaqa")
