"""One look for every figure, a few functions that take and return matplotlib Axes, and pictures of fits.

Matplotlib is imported inside the functions, so that `import mlecore` stays light.
"""

from . import curves, drawing, pictures
from .curves import *  # noqa: F403
from .drawing import *  # noqa: F403  what its `__all__` names
from .pictures import *  # noqa: F403

__all__ = [*drawing.__all__, *pictures.__all__, *curves.__all__]
