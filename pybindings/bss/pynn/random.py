"""Random numbers that are drawn natively."""
import numpy as np
from pyNN import random


class NativeRNG(random.NumpyRNG, random.NativeRNG):
    """Draw this by the backend's own means: fast, the same for a seed on any machine, and not the stream of another simulator."""

    def __init__(self, seed=None, parallel_safe=True):
        super().__init__(seed, parallel_safe)
        self.rng = np.random.RandomState(np.random.Philox(seed))

    def __deepcopy__(self, memo):
        return self
