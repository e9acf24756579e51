"""The auditor's and the operator's desk: history, as it was, proof, evidence, upkeep. Reads everything, decides nothing.

What it writes are notes of its own: who was refused what, and who read what is protected.
"""
