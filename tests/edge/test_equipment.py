"""Which devices an annexe has: its settings, and devices that cannot be opened, which stop nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from devices.a4_printer import IppPrinter
from devices.health import Condition
from devices.printing import PrintOutcome
from devices.receipt_printer import EscposPrinter
from edge.equipment import (
    ALL_SIMULATED,
    SETTINGS,
    DeviceSettings,
    FileReceiptPrinter,
    GpioCounter,
    IppA4Printer,
    NetworkReceiptPrinter,
    equipped,
    read_settings,
)
from protocol.errors import OperatorError
from tests.devices.bench import on_the_network, picture

DOCS = Path(__file__).parents[2] / "docs" / "devices.md"


def now() -> int:
    return 5


def test_without_settings_an_annexe_has_no_devices(tmp_path: Path) -> None:
    assert read_settings("", tmp_path) == DeviceSettings()


def test_settings_are_found_in_the_data_folder_or_where_they_are_named(tmp_path: Path) -> None:
    for path, asked in [(tmp_path / SETTINGS, ""), (tmp_path / "other.toml", str(tmp_path / "other.toml"))]:
        path.write_text('[a4-printer]\nkind = "simulated"\n')
        assert read_settings(asked, tmp_path).a4_printer == ALL_SIMULATED.a4_printer


def test_the_settings_of_the_documentation_are_settings(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text(DOCS.read_text().split("```toml\n")[1].split("```")[0])
    settings = read_settings("", tmp_path)
    assert settings.receipt_printer
    assert settings.a4_printer
    assert settings.counter


PARTS = {
    "receipt-printer": (NetworkReceiptPrinter, FileReceiptPrinter),
    "a4-printer": (IppA4Printer,),
    "counter": (GpioCounter,),
}


def test_every_setting_is_documented() -> None:
    page = DOCS.read_text()
    assert {field.encode_name for field in msgspec.structs.fields(DeviceSettings)} == set(PARTS)
    for part, kinds in PARTS.items():
        section = page.split(f"[{part}]")[1].split("\n\n")[0]
        for kind in kinds:
            for field in msgspec.structs.fields(kind):
                assert f"{field.encode_name} = " in section, field.encode_name


@pytest.mark.parametrize(
    "text",
    ["[receipt", '[receipt-printer]\nkind = "usb"', "[a4-printer]\nuri = 5", '[counter]\nkind = "gpio"\npins = "any"',
     '[lamp]\nkind = "gpio"', '[receipt-printer]\nkind = "network"'],
)  # fmt: skip
def test_settings_that_nobody_can_read_are_refused_with_their_place(tmp_path: Path, text: str) -> None:
    (tmp_path / SETTINGS).write_text(text)
    with pytest.raises(OperatorError, match=r"devices\.toml"):
        read_settings("", tmp_path)


def test_a_file_that_is_named_and_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        read_settings(str(tmp_path / "missing.toml"), tmp_path)


async def test_real_devices_that_are_not_there_are_absent_and_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text(
        f'[receipt-printer]\nkind = "file"\npath = "{tmp_path}/lp0"\n'
        '[a4-printer]\nkind = "ipp"\nuri = "ipp://127.0.0.1:9/ipp/print"\n'
        '[counter]\nkind = "gpio"\npins = "pigpio"\nlamps = [17, 27]\nbutton = 22\n'
    )
    async with equipped(read_settings("", tmp_path), now) as devices:
        assert isinstance(devices.receipt_printer, EscposPrinter)
        assert isinstance(devices.a4_printer, IppPrinter)
        found = [await each.check() for each in devices.all()]
    assert [(one.device, one.condition, one.simulated) for one in found] == [
        (name, Condition.ABSENT, False) for name in ("receipt-printer", "a4-printer", "lamp", "lamp", "call-button")
    ]


async def test_simulated_pins_are_had_by_their_name_alone(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text('[counter]\nkind = "gpio"\npins = "mock"\nlamps = [17]\nbutton = 22\n')
    async with equipped(read_settings("", tmp_path), now) as devices:
        assert {(one.condition, one.simulated) for one in devices.health()} == {(Condition.WORKING, True)}


async def test_a_network_printer_prints(tmp_path: Path) -> None:
    async with on_the_network() as (hardware, _):
        settings = tmp_path / SETTINGS
        settings.write_text(f'[receipt-printer]\nkind = "network"\nhost = "127.0.0.1"\nport = {hardware.port}\n')
        async with equipped(read_settings("", tmp_path), now) as devices:
            assert devices.receipt_printer is not None
            assert (await devices.receipt_printer.print(picture())).outcome is PrintOutcome.PRINTED
        assert len(hardware.tickets) == 1
