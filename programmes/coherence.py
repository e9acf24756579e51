"""What a definition says that cannot all be true: references that lead nowhere, ids used twice, limits that contradict.

Works on the data as written, so that these faults are named beside those of the vocabulary, all at once.
"""

from programmes.source import Fault, Source


def incoherences(source: Source) -> list[Fault]:
    return []
