"""The tables, numbered: up and down on SQLite and PostgreSQL, with no configuration file."""
