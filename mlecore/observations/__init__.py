"""What was seen: values known in part only, as checked records."""

from .partly import PartlySeen, binned, interval, observed

__all__ = ["PartlySeen", "binned", "interval", "observed"]
