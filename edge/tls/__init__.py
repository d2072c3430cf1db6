"""HTTPS on the annexe's own network: the leaf that the appliance makes for its screens, and keeps good."""
