"""The wire of a simulated lamp or button: it holds until somebody pulls it off."""

from __future__ import annotations

from devices.health import Condition, Health


class SimulatedWire:
    """What the twins of devices at a pin share; `broken` is a wire that came off."""

    def __init__(self, device: str) -> None:
        self._device = device
        self.broken = False

    def health(self) -> Health:
        """Say whether the wire holds."""
        why = "unplugged" if self.broken else ""
        return Health(self._device, Condition.ABSENT if why else Condition.WORKING, simulated=True, why=why)

    async def check(self) -> Health:
        """Say whether the wire holds."""
        return self.health()
