"""Parcels to machines, the mirror of the letters to people: endpoints, thin signed payloads, one outgoing door, replay."""
