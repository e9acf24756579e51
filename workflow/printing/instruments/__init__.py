"""文书: what a step leaves on paper. Each is made of the event that was the step, and bears a code read off that event's hash."""

from workflow.printing.instruments.case import Audience, Case, Instrument
from workflow.printing.instruments.register import (
    INSTRUMENTS,
    KINDS,
    Made,
    Names,
    drawn_up,
    made_of,
    may_have,
    mentioned,
)

__all__ = [
    "INSTRUMENTS",
    "KINDS",
    "Audience",
    "Case",
    "Instrument",
    "Made",
    "Names",
    "drawn_up",
    "made_of",
    "may_have",
    "mentioned",
]
