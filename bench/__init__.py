"""How fast the house is, always beside a floor: what a bare driver or a peer does with the same work in the same run.

Nothing here is a test. Ratios are medians of interleaved rounds, because absolute figures belong to a machine.
"""
