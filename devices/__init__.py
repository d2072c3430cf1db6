"""The ground floor beside the protocol: what hangs on the appliance's ports, each behind a small class.

A device and its simulated twin have one shape and pass one contract suite. Devices know nothing of records. A device
that fails degrades its own function and says so in its `Health`; it never stops the office.
"""
