"""The plain simulator: NumPy, for models that no chip has. A reference, not a product: it is right, and slow."""
from .simulation import PlainSimulation

__all__ = ["PlainSimulation"]
