"""Files that both sides keep: what survives a power cut, and what lies on a stick. It knows neither side."""
