"""An application from draft to the last tranche: its facts, its rules, its pages."""
