"""Who keeps the vault's key while the appliance is off. Knows neither the store nor a screen.

    slots.py        the key, wrapped once for each way in: the file `vault.slots`
    ways.py         what a way is; one small file for each of them
    keeper.py       opens the first slot that opens, adds, changes and removes slots
"""
