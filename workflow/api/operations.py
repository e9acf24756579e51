"""Every operation of this room, in the order the description shows them."""

from collections.abc import Iterator

from web.operations import Operation
from workflow.api.desk import Desk
from workflow.api.exclusivity import exclusivity
from workflow.api.experts import experts
from workflow.api.figures import figures
from workflow.api.ledgers import ledgers
from workflow.api.links import links
from workflow.api.objectors import objectors
from workflow.api.printing import papers
from workflow.api.ranking import rankings
from workflow.api.reads import questions
from workflow.api.review import reviews
from workflow.api.statements import statements
from workflow.api.subsidies import subsidies
from workflow.api.survey import surveys
from workflow.api.wishes import commands


def operations(desk: Desk) -> Iterator[Operation]:
    """For the one registry: `registry.add(*operations(desk))`."""
    yield from questions(desk)
    yield from commands(desk)
    yield from links(desk)
    yield from papers(desk)
    yield from exclusivity(desk)
    yield from experts(desk)
    yield from reviews(desk)
    yield from objectors(desk)
    yield from rankings(desk)
    yield from figures(desk)
    yield from statements(desk)
    yield from ledgers(desk)
    yield from subsidies(desk)
    yield from surveys(desk)
