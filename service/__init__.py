"""The roof: settings, wiring, site, actors, journeys and the command line. Knows every room; no room knows it."""
