"""The API of applications and calls: a table of wishes, made into operations by one rule, and the questions beside it."""

from workflow.api.desk import Desk
from workflow.api.operations import operations

__all__ = ["Desk", "operations"]
