"""The auditor's and the operator's desk: what happened, whether it stands, and upkeep."""
