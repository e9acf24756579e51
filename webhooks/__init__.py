"""Parcels to machines, the mirror of the letters to people. Comes with the delivery's own work; the floor is laid."""
