"""Calls as data: forms, limits, files, routes, dates and rules of a programme, read from files and judged purely."""
