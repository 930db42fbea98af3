"""Pages and pictures of calibrations: how good a table is, and what a sweep has shown."""

import html
import io
import json
import pathlib

import h5py
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from .pictures import COLOURS, STYLE, draw_octagon
from .report import document, number, picture, table
from .results import NoResult

MOST_DRAWN = 50_000  # of a parameter's errors, taken evenly; the numbers of the tables are those of all


class Errors:
    """What one parameter's circuits were found to be off by: arrays, one entry a circuit and target.

    hicann, circuit; target (SI); error, predicted (what the table says of it beforehand), sigma (unit of the report); uncalibrated: errors with nominal curves."""

    def __init__(self, group):
        self.hicann, self.circuit, self.target = (group[name][...] for name in ("hicann", "circuit", "target"))
        self.error, self.predicted, self.sigma = (group[name][...] for name in ("error", "predicted", "sigma"))
        self.uncalibrated = group["uncalibrated"][...]

    def per_chip(self):
        """{hicann: standard deviation of the errors about each target's mean}."""
        centred = self.error.astype(float)
        for target in np.unique(self.target):
            chosen = self.target == target
            centred[chosen] -= centred[chosen].mean()
        return {int(h): float(centred[self.hicann == h].std()) for h in np.unique(self.hicann)}


def _range(*samples):
    """Limits that show the middle 99 % of all samples, symmetric about zero."""
    joined = np.concatenate([np.asarray(s, float) for s in samples if len(s)] or [np.zeros(1)])
    return max(1e-9, float(np.percentile(np.abs(joined[np.isfinite(joined)]), 99)) if np.isfinite(joined).any() else 1.0)


def _thinned(values):
    return values[:: max(1, len(values) // MOST_DRAWN)]


def _grid(count, height):
    columns = 3
    rows = (count + columns - 1) // columns
    figure = Figure(figsize=(9.6, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for empty in axes.flat[count:]:
        empty.set_axis_off()
    return figure, axes.flat


def draw_histograms(errors, units):
    """Errors before and after, one panel a parameter."""
    figure, panels = _grid(len(errors), 1.7)
    for axes, (name, e) in zip(panels, errors.items()):
        limit = _range(e.error, e.uncalibrated)
        bins = np.linspace(-limit, limit, 61)
        if len(e.uncalibrated):
            axes.hist(_thinned(e.uncalibrated), bins, density=True, color="#C9CED6", label="nominal curves")
        axes.hist(_thinned(e.error), bins, density=True, histtype="step", color=COLOURS[0], linewidth=1.2, label="calibrated")
        axes.set_title(name, loc="left")
        axes.set_xlabel(f"realised − target ({units[name]})")
        axes.set_yticks([])
    panels[0].legend(frameon=False, fontsize=6)
    return figure


def draw_pulls(errors):
    """Errors divided by what the table states: normally distributed with deviation 1 if it tells the truth."""
    stated = {name: e for name, e in errors.items() if np.any(e.sigma > 0)}
    if not stated:
        return None
    figure, panels = _grid(len(stated), 1.6)
    grid = np.linspace(-4, 4, 81)
    for axes, (name, e) in zip(panels, stated.items()):
        good = e.sigma > 0
        axes.hist(_thinned((e.error[good] - e.predicted[good]) / e.sigma[good]), grid, density=True, color="#9CC4E4")
        axes.plot(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), color="black", linewidth=0.8)
        axes.set_title(name, loc="left")
        axes.set_xlabel("error / stated σ")
        axes.set_yticks([])
    return figure


def draw_by_target(errors, units):
    """Mean and spread of the error at each target."""
    figure, panels = _grid(len(errors), 1.6)
    for axes, (name, e) in zip(panels, errors.items()):
        targets = np.unique(e.target)
        rows = [e.error[e.target == t] for t in targets]
        axes.errorbar(range(len(targets)), [r.mean() for r in rows], [r.std() for r in rows], fmt="o", color=COLOURS[0], markersize=3, capsize=2, linewidth=0.8)
        axes.axhline(0, color="black", linewidth=0.5)
        axes.set_xticks(range(len(targets)), [f"{t:.3g}" for t in targets], fontsize=6)
        axes.set_title(name, loc="left")
        axes.set_ylabel(units[name])
        axes.set_xlabel("target (SI units)")
    return figure


def draw_wafer_maps(errors, units):
    """Spread of the errors on each chip, on the wafer; for a few chips a map tells nothing that a table does not."""
    spreads = {name: e.per_chip() for name, e in errors.items()}
    if max(map(len, spreads.values()), default=0) < 8:
        return None
    colours = matplotlib.colormaps["viridis"]
    figure, panels = _grid(len(spreads), 2.2)
    for axes, (name, values) in zip(panels, spreads.items()):
        draw_octagon(axes, values, colours, max(values.values(), default=1.0), name, units[name])
    return figure


def _png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def calibration_page(account, errors):
    """One self-contained page. account: what bss-calibrate writes as .json; errors: {parameter: Errors}."""
    units = {name: p["unit"] for name, p in account["parameters"].items()}
    errors = {name: e for name, e in errors.items() if len(e.error)}
    hours = account["lab_seconds"] / 3600
    figures = [
        ("mode", account["mode"]),
        ("HICANNs", number(len(account["hicanns"]))),
        ("seconds", number(float(account["seconds"]))),
        ("hours a real bench would have needed", number(hours)),
        ("hours a HICANN", number(hours / max(1, len(account["hicanns"])))),
    ]
    quality = [
        (
            name,
            p["unit"],
            f"{100 * p['yield']:.2f} %",
            float(p["sigma_uncalibrated"]),
            float(p["bias"]),
            float(p["sigma"]),
            float(p["p95"]),
            float(p["oracle_sigma"]),
            float(p["sigma"] / p["oracle_sigma"]) if p["oracle_sigma"] else None,
            f"{100 * p['within_1_sigma']:.0f} %",
            f"{100 * p['within_2_sigma']:.0f} %",
        )
        for name, p in account["parameters"].items()
    ]
    reasons = sorted({reason for p in account["parameters"].values() for reason in p["failed"]})
    failed = [(name, f"{100 * p['yield']:.2f} %", *(p["failed"].get(reason, 0) for reason in reasons)) for name, p in account["parameters"].items()]
    parts = [
        "<h1>Calibration</h1>",
        "<p class=sub>How far circuits are from what they are asked for, at targets that were never written while calibrating.</p>",
        "<div class=figures>" + "".join(f"<div class=figure><b>{html.escape(v)}</b><span>{html.escape(k)}</span></div>" for k, v in figures) + "</div>",
        "<h2>Quality</h2>",
        table(["parameter", "unit", "yield", "σ uncalibrated", "bias", "σ", "95 % within", "σ of the oracle", "regret", "within 1 σ", "within 2 σ"], quality),
        "<p>σ: spread over circuits of realised − target, averaged over targets. Oracle: the same with the true curves, which no lab can see; regret: "
        "σ / σ of the oracle. Within 1 σ, 2 σ: fraction of the errors that are smaller than once, twice what the table states (68 %, 95 % if it tells the truth).</p>",
        "<h2>Yield by reason</h2>",
        table(["parameter", "yield", *(reason.replace("_", " ") for reason in reasons)], failed),
    ]
    if measured := account["protocols"]:
        parts += [
            "<h2>Time by protocol</h2>",
            table(["protocol", "seconds", "hours on a real bench"], [(name, float(p["seconds"]), p["lab_seconds"] / 3600) for name, p in measured.items()]),
            "<p>Of the chips that were measured for this page, added up: they run side by side. V_exp gives delta_T too, a tau_w.</p>",
        ]
    with matplotlib.rc_context(STYLE):
        drawings = [
            ("Before and after", draw_histograms(errors, units) if errors else None),
            ("Does the table know how good it is?", draw_pulls(errors)),
            ("Error over target", draw_by_target(errors, units) if errors else None),
            ("Spread on each chip", draw_wafer_maps(errors, units)),
        ]
        for title, figure in drawings:
            if figure is not None:
                parts.append(f"<h2>{title}</h2>" + picture(_png(figure), title))
    return document("Calibration", parts)


def read_errors(path):
    """{parameter: Errors} of a file that bss-calibrate wrote."""
    try:
        with h5py.File(path) as file:
            return {name: Errors(group) for name, group in file.items()}
    except (OSError, KeyError) as error:
        raise NoResult(f"{path}: expected errors of a calibration: {error}") from None


def make_calibration_page(account, errors, output):
    """Writes the page of an account (.json) and the errors behind it (.h5); returns its path."""
    from .report import write_aside

    account = pathlib.Path(account)
    try:
        numbers = json.loads(account.read_text())
        text = calibration_page(numbers, read_errors(errors))
    except (json.JSONDecodeError, KeyError) as error:
        raise NoResult(f"{account}: expected the account of a calibration: {error!r}") from None
    output = pathlib.Path(output)
    write_aside(output, lambda aside: aside.write_text(text))
    return output


def read_sweep(path):
    """hicann, denmem, value, observed of a sweep's table, .csv or .h5."""
    path = pathlib.Path(path)
    names = ("hicann", "denmem", "value", "observed")
    try:
        if path.suffix == ".h5":
            with h5py.File(path) as file:
                return tuple(file[name][...] for name in names)
        rows = np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))
        return tuple(rows[name] for name in names)
    except (OSError, KeyError, ValueError) as error:
        raise NoResult(f"{path}: expected the table of a sweep: {error}") from None


def draw_sweep(path, what, observed):
    """Draws a sweep's table beside it, as .png: every circuit's curve, and their median. Returns the path of the picture."""
    from .report import write_aside

    hicann, denmem, value, seen = read_sweep(path)
    values = np.unique(value)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 3.6), layout="constrained")
        axes = figure.subplots()
        circuits = np.unique(np.stack([hicann, denmem], axis=1), axis=0)
        for h, d in circuits[:200]:
            own = (hicann == h) & (denmem == d)
            axes.plot(values, [_mean(seen[own & (value == v)]) for v in values], color=COLOURS[0], alpha=max(0.15, 1 / len(circuits)), linewidth=0.7)
        axes.plot(values, [_median(seen[value == v]) for v in values], color=COLOURS[1], marker="o", markersize=3, label=f"median of {len(circuits)}")
        finite = seen[np.isfinite(seen)]
        if len(finite) and finite.min() > 0 and finite.max() > 30 * finite.min():
            axes.set_yscale("log")
        axes.set_xlabel(f"{what} ({'code' if what == 'weight' else 'DAC'})")
        axes.set_ylabel(observed)
        axes.legend(frameon=False)
        output = pathlib.Path(path).with_suffix(".png")
        write_aside(output, lambda aside: figure.savefig(aside, format="png"))
    return output


def _mean(values):
    return np.mean(values[np.isfinite(values)]) if np.isfinite(values).any() else np.nan


def _median(values):
    return np.median(values[np.isfinite(values)]) if np.isfinite(values).any() else np.nan
