"""Pictures of a result: the spikes over time, and the wafer with what was used and lost on each chip."""

import numpy as np
from matplotlib import rc_context
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure  # without pyplot: a notebook's own backend stays as it is
from matplotlib.patches import Rectangle

ROW_WIDTHS = (12, 12, 20, 20, 28, 28, 36, 36, 36, 36, 28, 28, 20, 20, 12, 12)  # HICANNs in each row of the octagon (hardware.md §1.2)
GRID_WIDTH = max(ROW_WIDTHS)
DENMEMS = 512  # of a HICANN (hardware.md §2.1)

# Distinguishable for colour-blind readers (Okabe, Ito 2008), extended by darker tones
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#1B4F72", "#7B241C", "#0B5345", "#76448A", "#7E5109", "#5D6D7E")
SOURCE_COLOUR = "#8A8F98"

STYLE = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "savefig.dpi": 200,
    "figure.facecolor": "white",
}


def coordinates(hicann):
    """(x, y) of a HICANN from its enum, row-major over the populated octagon."""
    for y, width in enumerate(ROW_WIDTHS):
        if hicann < width:
            return (GRID_WIDTH - width) // 2 + hicann, y
        hicann -= width
    raise ValueError("a wafer has 384 HICANNs")


def _colours(summary):
    """Colour of each population: sources grey, the others in turn."""
    sources = _sources(summary)
    colours, taken = {}, 0
    for name in summary["populations"]:
        if name in sources:
            colours[name] = SOURCE_COLOUR
        else:
            colours[name] = COLOURS[taken % len(COLOURS)]
            taken += 1
    return colours


def _sources(summary):
    return {name for name, p in summary["populations"].items() if p.get("source", False)}


def _sampled_rows(summary, rows=420):
    """How many neurons of each population are shown: all of a small network, else in proportion to size with room for the smallest."""
    sizes = {name: p["neurons"] for name, p in summary["populations"].items()}
    total = sum(sizes.values())
    if total <= rows:
        return sizes
    least = max(4, rows // (6 * len(sizes)))
    return {name: min(size, max(least, round(rows * size / total))) for name, size in sizes.items()}


def _window(summary, spikes, shown, most_dots=60000):
    """(start, end) in ms that is drawn: everything, or the last part of a run with too many spikes to see any."""
    end = summary["run"]["completed_ms"]
    dots = sum(np.count_nonzero(np.isin(ids, picked)) for (_, ids), picked in ((spikes[name], shown[name]) for name in spikes))
    if dots <= most_dots or end <= 0:
        return 0.0, end
    span = end * most_dots / dots
    nice = 10.0 ** np.floor(np.log10(span))
    span = next(nice * m for m in (5, 2, 1) if nice * m <= span)
    return end - span, end


def draw_raster(result, path):
    """Spikes of sampled neurons, the rate of each population over time and its mean."""
    summary = result.summary
    names = [name for name in result.populations if summary["populations"][name]["neurons"] > 0]
    colours, rows = _colours(summary), _sampled_rows(summary)
    spikes = {name: result.spikes(name) for name in names}
    shown = {name: np.unique(np.linspace(0, summary["populations"][name]["neurons"] - 1, rows[name]).round().astype(np.int64)) for name in names}
    start, end = _window(summary, spikes, shown)
    if end <= start:
        end = start + 1.0

    with rc_context(STYLE):
        high = float(np.clip(0.22 * sum(len(shown[name]) for name in names), 1.0, 4.0))  # inches of the raster
        figure = Figure(figsize=(7.5, high + 1.6), layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=(5, 1), height_ratios=(high, 1.2))
        raster, bars = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
        course = figure.add_subplot(grid[1, 0], sharex=raster)

        total = sum(len(shown[name]) for name in names)
        gap = 0.012 * total if len(names) > 1 else 0.0
        top, ticks = 0.0, []
        mark = dict(linestyle="none", marker="|", markersize=float(np.clip(60.0 * high / max(total, 1), 1.1, 9.0)), markeredgewidth=0.55)
        for name in names:
            times, ids = spikes[name]
            keep = (times >= start) & np.isin(ids, shown[name])
            raster.plot(times[keep], top + np.searchsorted(shown[name], ids[keep]) + 0.5, color=colours[name], rasterized=True, **mark)
            height = len(shown[name])
            ticks.append(top + height / 2)
            rate = summary["populations"][name]["rate_hz"]
            bars.barh(top + height / 2, rate, height=height * 0.86, color=colours[name])
            bars.annotate(f"{rate:.3g}", (rate, top + height / 2), xytext=(2, 0), textcoords="offset points", va="center", fontsize=7)
            top += height + gap
        raster.set_xlim(start, end)
        raster.set_ylim(max(top - gap, 1), 0)
        raster.set_yticks(ticks, names)
        raster.tick_params(axis="y", length=0)
        raster.tick_params(axis="x", labelbottom=False)
        for label, name in zip(raster.get_yticklabels(), names):
            label.set_color(colours[name])
        sampled = any(len(shown[name]) < summary["populations"][name]["neurons"] for name in names)
        what = ("Spikes of sampled neurons" if sampled else "Spikes of all neurons") + (f", last {end - start:g} of {end:g} ms" if start > 0 else "")
        raster.set_title(f"{_title(summary)}\n{what}", loc="left")
        bars.set_ylim(raster.get_ylim())
        bars.set_yticks([])
        bars.set_xlim(0, max(1e-9, 1.25 * max((summary["populations"][name]["rate_hz"] for name in names), default=1.0)) or 1.0)
        bars.set_title("Mean rate (Hz)", loc="left")
        bars.spines["left"].set_visible(False)

        width = _bin_width(end - start, spikes, start)
        edges = np.arange(start, end + 0.5 * width, width)
        if len(edges) < 2:
            edges = np.array([start, end])
        for name in names:
            if name in _sources(summary) and len(names) > 1 and len(_sources(summary)) < len(names):
                continue
            counts, _ = np.histogram(spikes[name][0], bins=edges)
            course.stairs(counts / summary["populations"][name]["neurons"] / (np.diff(edges) * 1e-3), edges, color=colours[name], linewidth=0.8, baseline=None)
        course.set_ylabel("rate (Hz)")
        course.set_xlabel(f"biological time (ms), rates in bins of {width:g} ms")
        course.set_ylim(bottom=0)
        figure.savefig(path, format="png")


def draw_traces(result, path, most_neurons=4, most_samples=4000):
    """The first recorded neurons of every report, in panels that share the time axis."""
    reports = result.recorded()
    colours = _colours(result.summary)
    with rc_context(STYLE):
        figure = Figure(figsize=(7.5, 0.6 + 1.3 * len(reports)), layout="constrained")
        panels = figure.subplots(len(reports), 1, squeeze=False, sharex=True)
        for (variable, population), axes in zip(reports, panels[:, 0]):
            times, data, ids, unit = result.trace(variable, population)
            stride = max(1, len(times) // most_samples)
            shades = np.linspace(1.0, 0.35, min(most_neurons, data.shape[1]))
            for k, shade in enumerate(shades):
                axes.plot(times[::stride], data[::stride, k], color=colours[population], alpha=shade, linewidth=0.7, label=f"neuron {ids[k]}")
            axes.set_ylabel(f"{variable} ({'µS' if unit == 'uS' else unit})")
            more = f", {len(shades)} of {data.shape[1]} neurons" if data.shape[1] > len(shades) else ""
            axes.set_title(f"{variable} of {population}{more}", loc="left")
            axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), frameon=False, fontsize=6, ncols=most_neurons)
        panels[-1, 0].set_xlabel("biological time (ms)")
        figure.savefig(path, format="png")


def draw_runs(runs, path):
    """The rate of each population in each run of a batch."""
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(runs.populations)}
    with rc_context(STYLE):
        figure = Figure(figsize=(7.5, 3.2), layout="constrained")
        axes = figure.subplots()
        for name, colour in colours.items():
            axes.plot(runs.rates(name), color=colour, marker="o", markersize=3.5, linewidth=0.7, label=name)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("rate (Hz)")
        stride = max(1, len(runs.runs) // 24)
        labels = [runs.label(run) for run in runs.runs[::stride]]
        upright = max(map(len, labels), default=0) * len(labels) > 90
        axes.set_xticks(range(0, len(runs.runs), stride), labels, rotation=90 if upright else 0, fontsize=6)
        axes.set_title("Mean rate of each population, run by run", loc="left")
        if colours:
            axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=7)
        figure.savefig(path, format="png")


def _bin_width(span, spikes, start):
    """1, 2 or 5 times a power of ten (ms): about 100 bins, wider where there are too few spikes to fill them."""
    count = sum(np.count_nonzero(times >= start) for times, _ in spikes.values())
    wanted = span / np.clip(count / 50, 10, 100)
    power = 10.0 ** np.floor(np.log10(max(wanted, 1e-6)))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= wanted * (1 - 1e-9))


def _title(summary):
    counts = ((summary["network"][kind], kind) for kind in ("neurons", "synapses", "sources"))
    return ", ".join(f"{count:,} {kind if count != 1 else kind[:-1]}" for count, kind in counts if count or kind == "neurons")


def _per_chip(result):
    """{wafer: {hicann: (denmems used, synapses asked for, synapses lost)}}, from the table of chips, or from the placement where there is none."""
    wafers = {}
    chips = result.chips()
    if chips is not None:
        for wafer, hicann, denmems, realised, lost in zip(*(chips[k].tolist() for k in ("wafer", "hicann", "denmems", "synapses_realised", "synapses_lost"))):
            wafers.setdefault(wafer, {})[hicann] = (denmems, realised + lost, lost)
        return wafers
    for table in result.placement().values():
        for wafer, hicann, denmem, size in zip(*(table[k].tolist() for k in ("wafer", "hicann", "denmem", "size"))):
            if denmem >= 0:
                used = wafers.setdefault(wafer, {}).get(hicann, (0, 0, 0))
                wafers[wafer][hicann] = (used[0] + size, 0, 0)
    return wafers


def draw_octagon(axes, values, colours, highest, title, unit):
    """One wafer as its chips lie on it; a chip without a value stays blank."""
    patches, shades = [], []
    for hicann in range(sum(ROW_WIDTHS)):
        x, y = coordinates(hicann)
        if hicann in values:
            patches.append(Rectangle((x, 2 * y), 1, 2))
            shades.append(values[hicann])
        else:
            axes.add_patch(Rectangle((x, 2 * y), 1, 2, facecolor="#F1F2F4", edgecolor="#D9DBDF", linewidth=0.3))
        if x % 4 == 0 and y % 2 == 0:  # a reticle has 4 x 2 HICANNs (hardware.md §1.3)
            axes.add_patch(Rectangle((x, 2 * y), 4, 4, facecolor="none", edgecolor="#5D6D7E", linewidth=0.7, zorder=3))
    cells = PatchCollection(patches, cmap=colours, edgecolor="white", linewidth=0.4)
    cells.set_array(np.array(shades, dtype=float))
    cells.set_clim(0, highest)
    axes.add_collection(cells)
    axes.set_xlim(-0.3, GRID_WIDTH + 0.3)
    axes.set_ylim(2 * len(ROW_WIDTHS) + 0.3, -0.3)  # y grows south
    axes.set_aspect("equal")
    axes.set_title(title, loc="left")
    axes.set_xticks(np.arange(0, GRID_WIDTH, 8) + 0.5, np.arange(0, GRID_WIDTH, 8))
    axes.set_yticks(2 * np.arange(0, len(ROW_WIDTHS), 4) + 1, np.arange(0, len(ROW_WIDTHS), 4))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = axes.figure.colorbar(cells, ax=axes, fraction=0.04, pad=0.02, shrink=0.75)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)
    bar.set_label(unit)


def draw_wafer(result, path):
    """Denmems in use and synapses lost on each chip of each wafer."""
    wafers = _per_chip(result) or {0: {}}
    blue = LinearSegmentedColormap.from_list("used", ("#E3EEF6", "#56A5D6", "#0B3C5D"))
    red = LinearSegmentedColormap.from_list("lost", ("#E8F3EC", "#F2C14E", "#D55E00", "#6E1423"))
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 0.5 + 3.6 * len(wafers)), layout="constrained")
        axes = figure.subplots(len(wafers), 2, squeeze=False)
        for row, (wafer, chips) in zip(axes, sorted(wafers.items())):
            name = f"Wafer {wafer}: " if len(wafers) > 1 else ""
            used = {h: 100.0 * denmems / DENMEMS for h, (denmems, _, _) in chips.items() if denmems}
            lost = {h: 100.0 * missing / wanted for h, (_, wanted, missing) in chips.items() if wanted}
            draw_octagon(row[0], used, blue, 100.0, f"{name}Denmems in use on {len(used)} HICANNs", "% of the chip's 512 denmems")
            total, missing = (sum(c[k] for c in chips.values()) for k in (1, 2))
            share = f"{missing:,} of {total:,}" if total else "none asked for"
            draw_octagon(
                row[1],
                lost,
                red,
                max(10.0, 10.0 * np.ceil(max(lost.values(), default=0.0) / 10.0)),
                f"{name}Synapses lost by target chip ({share})",
                "% of the chip's synapses",
            )
            row[0].set_ylabel("HICANN y")
            for one in row:
                one.set_xlabel("HICANN x")
        figure.savefig(path, format="png")


def draw_losses(projections, path):
    """Synapses lost of each projection, by cause, in per cent of those asked for. projections: rows as in summary.json."""
    causes = sorted({cause for row in projections for cause, count in row["lost_by_cause"].items() if count})
    with rc_context(STYLE):
        figure = Figure(figsize=(7.5, 0.9 + 0.22 * max(1, len(projections))), layout="constrained")
        axes = figure.subplots()
        left = np.zeros(len(projections))
        for k, cause in enumerate(causes):
            lost = np.array([100.0 * row["lost_by_cause"].get(cause, 0) / max(1, row["requested"]) for row in projections])
            axes.barh(range(len(projections)), lost, left=left, color=COLOURS[k % len(COLOURS)], label=cause.replace("_", " "))
            left += lost
        axes.set_yticks(range(len(projections)), [row["label"] for row in projections])
        axes.invert_yaxis()
        axes.set_xlim(0, max(1.0, 1.1 * left.max(initial=0.0)))
        axes.set_xlabel("synapses lost (% of those asked for)")
        total, asked = (sum(row[key] for row in projections) for key in ("lost", "requested"))
        axes.set_title(f"{total:,} of {asked:,} synapses lost", loc="left")
        if causes:
            axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=7)
        figure.savefig(path, format="png")
