"""Pictures that show in a notebook: the same as bss-report's."""
import io
import tempfile
from pathlib import Path

from .exceptions import as_pynn
from .hardware import mapping
from .simulator import state


class Picture:
    """A PNG that shows itself in a notebook."""

    def __init__(self, png):
        self.png = png

    def save(self, path):
        Path(path).write_bytes(self.png)

    def _repr_png_(self):
        return self.png


def wafer():
    """Use of each HICANN, and what was lost where."""
    mapping()
    return _of_results("draw_wafer")


def raster():
    """Recorded spikes of every population, and their rates."""
    return _of_results("draw_raster")


def loss():
    """Lost synapses of each projection, by cause."""
    return _drawn("draw_losses", list(mapping().losses()))


def _of_results(draw):
    from ..results import ResultFolder
    with tempfile.TemporaryDirectory() as folder, as_pynn():
        state.built().core.write(folder)
        return _drawn(draw, ResultFolder(folder))


def _drawn(draw, what):
    from .. import pictures     # matplotlib takes a second to load
    file = io.BytesIO()
    getattr(pictures, draw)(what, file)
    return Picture(file.getvalue())
