"""Families made of families: functions from families to families."""

from .truncated import Truncated

__all__ = ["Truncated"]
