"""What every command is: a wish about one application, under the trigger of the lifecycle that it asks for."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish about one application."""

    trigger: ClassVar[str]
    application_id: UUID
