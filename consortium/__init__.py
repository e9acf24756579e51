"""The consortium's own rules: members, ratios, agreement, signatures. Its events live in the application's stream.

Comes with the consortium's own work; until then only the floor is laid, and the programmes that need it refuse to open.
"""
