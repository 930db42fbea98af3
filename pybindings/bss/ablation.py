"""What each imperfection of the wafer does to a network: the runs of a batch beside the one in ideal mode (docs/ablation.md)."""

import csv
import dataclasses

import numpy as np

from .results import NoResult, ResultFolder, Runs

LEAST_SPIKES = 4  # of a neuron whose intervals tell something


@dataclasses.dataclass
class Ablation:
    """A run beside the reference. Rates and CV by population; NaN where too few neurons fire."""

    name: str
    kind: str  # ideal | none | only | all but | all | other
    lost_percent: float
    rates_hz: dict
    cv: dict
    distance: dict  # Kolmogorov-Smirnov distance of the neurons' rates from the reference's, by population

    def mean_distance(self):
        return float(np.mean(list(self.distance.values())))

    def rate_error_percent(self, reference):
        """Mean over the populations of how far the rate lies from the reference's."""
        errors = [abs(rate - reference.rates_hz[p]) / reference.rates_hz[p] for p, rate in self.rates_hz.items() if reference.rates_hz[p] > 0]
        return 100 * float(np.mean(errors)) if errors else float("nan")

    def cv_error(self, reference):
        differences = [abs(cv - reference.cv[p]) for p, cv in self.cv.items()]
        return float(np.nanmean(differences)) if np.isfinite(differences).any() else float("nan")


def name_of(summary, label):
    """(name, kind) of a run by what is switched on."""
    switches = summary["imperfections"]
    on = [name for name, value in switches.items() if value]
    off = [name for name, value in switches.items() if not value]
    if summary["mapping"] is None:
        return "ideal", "ideal"
    if not on or not off:
        return ("none", "none") if not on else ("all", "all")
    if len(on) == 1 or len(off) == 1:
        return (f"only {on[0]}", "only") if len(on) == 1 else (f"all but {off[0]}", "all but")
    return label, "other"


def neuron_statistics(result, population, skip_ms):
    """Rate (Hz) of every neuron after the first skip_ms, and the CV of the intervals of those with enough spikes."""
    times, neurons = result.spikes(population)
    late = times >= skip_ms
    times, neurons = times[late], neurons[late]
    size, seconds = result.summary["populations"][population]["neurons"], (result.summary["run"]["completed_ms"] - skip_ms) * 1e-3
    counts = np.bincount(neurons, minlength=size)
    order = np.lexsort((times, neurons))
    trains = np.split(times[order], np.cumsum(counts)[:-1])
    intervals = [np.diff(train) for train in trains if len(train) >= LEAST_SPIKES]
    return counts / seconds, np.array([i.std() / i.mean() for i in intervals])


def kolmogorov_smirnov(a, b):
    """Largest distance between the cumulative distributions of two samples."""
    values = np.sort(np.concatenate([a, b]))
    return float(np.max(np.abs(np.searchsorted(np.sort(a), values, "right") / len(a) - np.searchsorted(np.sort(b), values, "right") / len(b))))


def read_ablations(folder, skip_ms):
    """The runs of a batch that are complete, the first one in ideal mode as the reference in front."""
    runs, found, statistics, names = Runs(folder), [], {}, {}
    for run in runs.runs:
        if run["state"] not in ("done", "limit_exceeded"):
            continue
        result = ResultFolder(runs.path / run["run"])
        if not result.ran:
            continue
        if result.summary["run"]["completed_ms"] <= skip_ms:
            raise NoResult(f"{result.path}: expected a run of more than {skip_ms:g} ms (--skip), found {result.summary['run']['completed_ms']:g} ms")
        populations = [p for p, values in result.summary["populations"].items() if not values["source"]]
        statistics[run["run"]] = {p: neuron_statistics(result, p, skip_ms) for p in populations}
        label = ", ".join(f"{key} {run[key]}" for key in runs.varied if run[key] and key != "run.mode")
        names[run["run"]] = (*name_of(result.summary, label), result.summary, label)
    reference = next((run for run, (_, kind, _, _) in names.items() if kind == "ideal"), None)
    if reference is None:
        raise NoResult(f"{runs.path}: expected a run in ideal mode to compare with, found none")
    for run in [reference, *(run for run in names if run != reference)]:
        name, kind, summary, label = names[run]
        if kind == "ideal" and run != reference:
            name = f"ideal, {label}"
        if set(statistics[run]) != set(statistics[reference]):
            raise NoResult(f"{runs.path / run}: expected the populations of {reference}, found others")
        mapping, synapses = summary["mapping"], summary["network"]["synapses"]
        lost = 100 * (mapping["synapses_lost"] - mapping["synapses_kept_ideal"]) / synapses if mapping and synapses else 0.0
        with np.errstate(invalid="ignore"):
            found.append(
                Ablation(
                    name,
                    kind,
                    lost,
                    {p: float(rates.mean()) for p, (rates, _) in statistics[run].items()},
                    {p: float(cv.mean()) if len(cv) else float("nan") for p, (_, cv) in statistics[run].items()},
                    {p: kolmogorov_smirnov(rates, statistics[reference][p][0]) for p, (rates, _) in statistics[run].items()},
                )
            )
    return found


def rows_of(ablations):
    """The table: a head, and a row a run."""
    reference = ablations[0]
    populations = list(reference.rates_hz)
    yield ["run", "synapses lost (%)", *(f"{p} (Hz)" for p in populations), "mean CV", "rates off (%)", "CV off", "distance"]
    for a in ablations:
        cv = np.array(list(a.cv.values()))
        mean_cv = f"{np.nanmean(cv):.2f}" if np.isfinite(cv).any() else ""
        rates = [f"{a.rates_hz[p]:.2f}" for p in populations]
        yield [a.name, f"{a.lost_percent:.2f}", *rates, mean_cv, f"{a.rate_error_percent(reference):.1f}", f"{a.cv_error(reference):.3f}", f"{a.mean_distance():.3f}"]


def markdown(ablations):
    head, *rows = rows_of(ablations)
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def write_csv(ablations, path):
    """A row a run and population, everything unrounded."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", "kind", "population", "lost_percent", "rate_hz", "cv", "distance"])
        for a in ablations:
            for p in a.rates_hz:
                writer.writerow([a.name, a.kind, p, a.lost_percent, a.rates_hz[p], a.cv[p], a.distance[p]])


def draw(ablations, path):
    """Rates and CV of every population against the reference's, and the distance of all of them."""
    from .pictures import COLOURS, STYLE, Figure, rc_context

    reference = ablations[0]
    populations, names = list(reference.rates_hz), [a.name for a in ablations]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2(np.array([[a.rates_hz[p] for p in populations] for a in ablations]) / [reference.rates_hz[p] for p in populations])
    change = np.array([[a.cv[p] - reference.cv[p] for p in populations] for a in ablations])
    rates = [[f"{a.rates_hz[p]:.{2 if a.rates_hz[p] < 1 else 1}f}" for p in populations] for a in ablations]
    cvs = [["" if np.isnan(a.cv[p]) else f"{a.cv[p]:.2f}" for p in populations] for a in ablations]
    with rc_context(STYLE):
        height = 1.3 + 0.24 * len(ablations)
        figure = Figure(figsize=(4 + 0.75 * len(populations), height), layout="constrained")
        axes = figure.subplots(1, 3, sharey=True, width_ratios=(2, 2, 1.3))
        panels = ((axes[0], ratio, rates, 2, "Rate (Hz)", "rate / ideal", ("1/4", "1/2", "1", "2", "4")),
                  (axes[1], change, cvs, 0.5, "CV of intervals", "CV − ideal", ("−0.5", "−0.25", "0", "0.25", "0.5")))
        for panel, values, texts, most, title, label, ticks in panels:
            image = panel.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
            for row, line in enumerate(texts):
                for column, text in enumerate(line):
                    dark = np.isfinite(values[row, column]) and abs(values[row, column]) > 0.6 * most
                    panel.text(column, row, text, ha="center", va="center", fontsize=6, color="white" if dark else "black")
            panel.set_title(title)
            panel.set_xticks(range(len(populations)), populations, rotation=45, ha="right")
            panel.spines[:].set_visible(False)
            panel.tick_params(length=0)
            bar = figure.colorbar(image, ax=panel, orientation="horizontal", shrink=0.7, pad=0.02, extend="both")
            bar.set_ticks(np.linspace(-most, most, 5), labels=ticks)
            bar.set_label(label)
        axes[0].set_yticks(range(len(names)), names)
        colours = {"ideal": "#8A8F98", "none": "#8A8F98", "only": COLOURS[0], "all but": COLOURS[1], "all": "black", "other": COLOURS[2]}
        distances = [a.mean_distance() for a in ablations]
        axes[2].barh(range(len(names)), distances, color=[colours[a.kind] for a in ablations], height=0.7)
        for row, distance in enumerate(distances):
            axes[2].text(distance, row, f" {distance:.2f}", va="center", fontsize=6)
        axes[2].set_title("Distance of the neurons' rates")
        axes[2].set_xlabel("Kolmogorov-Smirnov")
        for a in ablations[1:]:
            if a.kind == "ideal":  # networks of the same statistics lie as far apart
                axes[2].axvline(a.mean_distance(), color="black", linewidth=0.6, linestyle=":")
        axes[2].set_xlim(0, 1.15 * max([*distances, 1e-3]))
        kinds = [a.kind for a in ablations]
        for panel in axes:
            for row in range(1, len(kinds)):
                if kinds[row] != kinds[row - 1]:
                    panel.axhline(row - 0.5, color="black", linewidth=0.6)
        figure.savefig(path, format="png")


def make_ablation(folder, skip_ms):
    """Writes ablation.png and ablation.csv into the batch's folder. Returns the table as Markdown and the paths."""
    from .report import write_aside

    ablations = read_ablations(folder, skip_ms)
    picture, table = Runs(folder).path / "ablation.png", Runs(folder).path / "ablation.csv"
    write_aside(picture, lambda aside: draw(ablations, aside))
    write_aside(table, lambda aside: write_csv(ablations, aside))
    return markdown(ablations), [picture, table]
