"""Pictures that show in a notebook: they are made by what makes bss-report's, and returned as figures."""
import tempfile

from .exceptions import as_pynn


def wafer():
    """Use of each HICANN, and what was lost where."""
    return _picture("wafer")


def raster():
    """Recorded spikes of every population, and their rates."""
    return _picture("raster")


def loss():
    """Lost synapses of each projection, by cause."""
    from .hardware import mapping
    from ..pictures import loss_figure
    return Picture(loss_figure(mapping().losses()))


def _picture(kind):
    from .. import pictures
    from ..results import ResultFolder
    from .simulator import state
    with tempfile.TemporaryDirectory() as folder, as_pynn():
        state.built().core.write(folder)
        return Picture(getattr(pictures, f"{kind}_figure")(ResultFolder(folder)))


class Picture:
    """A matplotlib figure (`figure`) that shows itself in a notebook and can be saved."""

    def __init__(self, figure):
        self.figure = figure

    def save(self, path):
        self.figure.savefig(path)

    def _repr_png_(self):
        import io
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()
