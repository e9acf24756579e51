"""What is printed: PDF, Word and Excel from one description of a paper, with check codes.

Knows no database, no page and no workflow: whoever knows an application describes its paper.
"""
