"""The log: facts in order, unalterable.

Keeps streams of events in one gapless order, proves that none was altered, and lets others follow. Knows nothing of
what the facts are about.
"""
