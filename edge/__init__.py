"""The appliance of one annexe: its log and views, the services that decide, the screens, and the way to the prefecture."""
