"""The whole text of the agreement on a page: the blocks of the paper itself, so that what is read is what is printed and hashed."""

from collections.abc import Sequence

from paperwork.document import Block, Table, Text
from programmes.call import Call
from workflow.application import Application
from workflow.printing.agreed import agreement


def whole_text(application: Application, call: Call) -> Sequence[Text | Table]:
    """Running text and tables in their order, without the places to sign. Empty while nobody joined, or where the call has no
    text of its own."""
    if call.agreement is None or not application.consortium.accepted:
        return ()
    blocks: Sequence[Block] = [block for part in agreement(application, call, "")["parts"] for block in part.blocks]
    return [block for block in blocks if isinstance(block, Text | Table)]
