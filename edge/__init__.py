"""The appliance of one annexe: its log and views, the services that decide, the screens, the way to the prefecture."""
