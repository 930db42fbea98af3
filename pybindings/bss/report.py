"""bss-report: pictures and one self-contained page from a result folder."""

import argparse
import base64
import html
import io
import os
import pathlib
import sys

from . import __version__
from .results import NoResult, ResultFolder, Runs, is_batch

STYLE = """
:root { color-scheme: light; --ink: #1d2733; --faint: #66727f; --line: #dfe3e8; --blue: #0b3c5d; --amber: #fff6e0; --red: #fdecea; }
body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: var(--ink);
       max-width: 1080px; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; color: var(--blue); }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; color: var(--blue); }
p.sub { color: var(--faint); margin: .2rem 0 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .8rem; margin: 1rem 0; }
.figure { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; }
.figure b { display: block; font-size: 1.25rem; } .figure span { color: var(--faint); font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; } 
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid var(--ink); }
td, th { padding: .25rem .6rem .25rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
img { max-width: 100%; } .note { background: var(--amber); border-radius: 6px; padding: .5rem .9rem; margin: .6rem 0; } .bad { background: var(--red); }
code { font-size: .85em; word-break: break-all; } .bar { background: #d55e00; height: .6em; display: inline-block; vertical-align: middle; }
.scroll { overflow-x: auto; }
"""


def number(value):
    """A number as a reader likes it: thousands separated, four digits for fractions."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return "–" if value is None else str(value)


def share(part, whole):
    return f"{100.0 * part / whole:.2f} %" if whole else "–"


def table(head, rows):
    """An HTML table; cells that are numbers stand on the right. A cell ("html", text) is taken as it is."""
    numeric = [
        bool(rows) and all(isinstance(row[k], (int, float)) or (isinstance(row[k], str) and row[k][-2:] in (" %", "–")) for row in rows)
        for k in range(len(head))
    ]

    def cell(tag, k, value):
        text = value[1] if isinstance(value, tuple) else html.escape(number(value))
        return f"<{tag}{' class=n' if numeric[k] else ''}>{text}</{tag}>"

    body = "".join("<tr>" + "".join(cell("td", k, value) for k, value in enumerate(row)) + "</tr>" for row in rows)
    return (
        "<div class=scroll><table><thead><tr>"
        + "".join(cell("th", k, name) for k, name in enumerate(head))
        + f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def picture(png, words):
    """An image of PNG bytes inside the page."""
    data = base64.b64encode(png).decode()
    return f'<img alt="{html.escape(words)}" src="data:image/png;base64,{data}">'


def headline(summary):
    """The figures that everybody asks for first."""
    network, mapping, run = summary["network"], summary.get("mapping"), summary.get("run")
    figures = [("neurons", number(network["neurons"])), ("sources", number(network["sources"])), ("synapses", number(network["synapses"]))]
    if mapping:
        figures += [("synapses lost", share(mapping["synapses_lost"], network["synapses"])), ("HICANNs", number(mapping["hicanns"]))]
    if run:
        figures += [("biological time", f"{number(run['completed_ms'])} ms"), ("of real time", f"× {number(run['times_real_time'])}")]
    return (
        "<div class=figures>"
        + "".join(f"<div class=figure><b>{html.escape(value)}</b><span>{html.escape(name)}</span></div>" for name, value in figures)
        + "</div>"
    )


def notes(summary):
    """What a reader must not overlook."""
    out = []
    run, mapping = summary.get("run"), summary.get("mapping")
    if summary.get("calibration", {}).get("kind") == "oracle":
        out.append(("", "Calibration: <b>oracle</b>. It reads the true mismatch of the circuits, which no lab could."))
    if mapping and mapping["design_rules"]["errors"]:
        out.append((" bad", f"The configuration breaks design rules: {number(mapping['design_rules']['errors'])} errors."))
    if mapping and not mapping["rebuilt_from_bits"]:
        out.append((" bad", "The network rebuilt from the configuration bits differs from requested minus lost."))
    off = [name for name, on in summary["imperfections"].items() if not on]
    if mapping and off:
        out.append(("", "Switched-off imperfections: " + ", ".join(f"<code>{html.escape(name)}</code>" for name in off) + "."))
    if mapping and mapping["synapses_kept_ideal"]:
        out.append(("", f"{number(mapping['synapses_kept_ideal'])} synapses that no hardware synapse was found for act as ideal ones."))
    if run is None:
        out.append(("", "Mapping only: nothing was run."))
    elif run["completed_ms"] < run["duration_ms"]:
        out.append((" bad", f"Interrupted: complete up to {number(run['completed_ms'])} of {number(run['duration_ms'])} ms."))
    return "".join(f'<div class="note{kind}">{text}</div>' for kind, text in out)


def populations(summary):
    return table(
        ["population", "neurons", "spikes fired", "spikes recorded", "rate (Hz)"],
        [(name, p["neurons"], p["spikes_fired"], p["spikes"], float(p["rate_hz"])) for name, p in summary["populations"].items()],
    )


def bar(fraction):
    return ("html", f'<span class=bar style="width:{120 * fraction:.0f}px"></span>')


def projections(mapping):
    causes = [cause for cause, count in mapping["lost_by_cause"].items() if count]
    rows = [
        (
            f"{p['pre']} → {p['post']}",
            p["receptor"],
            p["requested"],
            p["realised"],
            p["lost"],
            share(p["lost"], p["requested"]),
            bar(p["lost"] / max(1, p["requested"])),
            *(p["lost_by_cause"].get(cause, 0) for cause in causes),
        )
        for p in mapping["projections"]
    ]
    return table(["projection", "receptor", "requested", "realised", "lost", "lost (%)", "", *(f"by {cause}" for cause in causes)], rows)


def losses(summary):
    mapping, lost = summary.get("mapping"), summary.get("spikes_lost") or {}
    out = ""
    if mapping:
        rows = [(cause, count, share(count, summary["network"]["synapses"])) for cause, count in mapping["lost_by_cause"].items()]
        out += "<h2>Synapses lost by cause</h2>" + table(
            ["cause", "synapses", "of all"], rows + [("total", mapping["synapses_lost"], share(mapping["synapses_lost"], summary["network"]["synapses"]))]
        )
        if mapping.get("bottlenecks"):
            rows = [
                (
                    b["resource"],
                    b["synapses"],
                    f"{b['worst_projection']['pre']} → {b['worst_projection']['post']}: {b['worst_projection']['synapses']}",
                    b["hicanns_hit"],
                    ", ".join(f"{c['hicann']} ({c['synapses']})" for c in b["worst_hicanns"]),
                    b["advice"],
                )
                for b in mapping["bottlenecks"]
            ]
            out += "<h2>What was short, and what would help</h2>" + table(
                ["short of", "synapses", "worst projection", "HICANNs hit", "worst HICANNs (synapses)", "what would help"], rows
            )
    if summary.get("run"):
        out += "<h2>Spikes lost on the way</h2>" + table(["where", "spikes"], list(lost.items()))
    return out


def flat(value, prefix=""):
    """A nested dictionary as (dotted name, value) rows."""
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, dict) and item:
            yield from flat(item, name + ".")
        elif isinstance(item, list):
            yield name, ", ".join(number(x) for x in item)
        else:
            yield name, {} == item and "–" or item


def details(title, block):
    rows = [(name, ("html", f"<code>{html.escape(number(value))}</code>")) for name, value in flat(block)]
    return f"<h2>{title}</h2>" + table(["", ""], rows) if rows else ""


def page(result, pictures, traces):
    """The whole page as text: nothing in it is fetched from anywhere.

    pictures: {name: path} of the files raster and wafer, where they were drawn; traces: PNG bytes, or None."""
    s = result.summary
    title = pathlib.Path(s.get("config") or result.path).stem or result.path.name
    mapping = s.get("mapping")
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p class=sub>BrainScaleS-1 model {html.escape(str(s['version']))}, configuration <code>{html.escape(str(s.get('config')))}</code></p>",
        headline(s),
        notes(s),
    ]
    if "raster" in pictures:
        parts.append("<h2>Activity</h2>" + picture(pictures["raster"].read_bytes(), "Spikes of sampled neurons and rates of the populations"))
    if traces is not None:
        parts.append("<h2>Traces</h2>" + picture(traces, "Recorded traces"))
    parts.append("<h2>Populations</h2>" + populations(s))
    if "wafer" in pictures:
        parts.append("<h2>Wafer</h2>" + picture(pictures["wafer"].read_bytes(), "Denmems in use and synapses lost on each chip"))
    parts.append(losses(s))
    if mapping and mapping["projections"]:
        parts.append("<h2>Projections</h2>" + projections(mapping))
    parts.append(
        "<h2>Warnings</h2>"
        + (table(["code", "count", "message"], [(w["code"], w["count"], w["message"]) for w in s["warnings"]]) if s["warnings"] else "<p>None.</p>")
    )
    if mapping:
        parts.append(details("Mapping", {k: v for k, v in mapping.items() if k not in ("projections", "lost_by_cause", "bottlenecks")}))
    if s.get("run"):
        parts.append(details("Run", s["run"]))
    parts += [
        details("Imperfections", s["imperfections"]),
        details("Calibration", s.get("calibration") or {}),
        details("Provenance", {"configuration_sha256": s.get("config_sha256"), **s["provenance"]}),
    ]
    return document(title, parts)


def page_of_runs(runs, drawn):
    """The page of a batch: the table of its runs, and their rates (the path of a picture)."""
    title = runs.path.resolve().name
    states = [run["state"] for run in runs.runs]
    counts = ", ".join(f"{states.count(state):,} {state.replace('_', ' ')}" for state in dict.fromkeys(states))
    others = [name for name in runs.columns if name not in ("run", "exit_code")]

    def value(run, name):
        text = run[name]
        if not text:
            return "–"
        if name.startswith("rate_hz.") or name == "seconds":
            return float(text)
        return int(text) if name in ("synapses_lost", "spikes_lost") else text.replace("_", " ") if name == "state" else text

    def heading(name):
        return name if name in runs.varied else f"{name[8:]} (Hz)" if name.startswith("rate_hz.") else name.replace("_", " ")

    def link(run):
        name = html.escape(run["run"])
        made = (runs.path / run["run"] / "report.html").exists()
        return ("html", f'<a href="{name}/report.html">{name}</a>' if made else name)

    rows = [(link(run), *(value(run, name) for name in others)) for run in runs.runs]
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p class=sub>{len(states):,} runs: {html.escape(counts)}; what varies: {', '.join(f'<code>{html.escape(key)}</code>' for key in runs.varied)}</p>",
        "<h2>Rates</h2>" + picture(drawn.read_bytes(), "Rate of each population in each run"),
        "<h2>Runs</h2>" + table(["run", *map(heading, others)], rows),
    ]
    return document(title, parts)


def document(title, parts):
    """A page that stands alone."""
    return (
        f"<!doctype html>\n<html lang=en><head><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def write_aside(path, write):
    """Calls write(temporary path), then renames: the file is either whole or as it was before."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def make_report(folder):
    """Writes raster.png (where something ran), wafer.png (where something was mapped) and report.html; for a batch runs.png and report.html.
    Returns their paths."""
    from .pictures import draw_raster, draw_runs, draw_traces, draw_wafer  # matplotlib takes a second to load; --help need not

    if is_batch(folder):
        runs = Runs(folder)
        drawn, report = runs.path / "runs.png", runs.path / "report.html"
        write_aside(drawn, lambda aside: draw_runs(runs, aside))
        write_aside(report, lambda aside: aside.write_text(page_of_runs(runs, drawn)))
        return [drawn, report]
    result = ResultFolder(folder)
    pictures = {}
    for name, wanted, draw in (("raster", result.ran, draw_raster), ("wafer", result.summary.get("mapping") is not None, draw_wafer)):
        path = result.path / f"{name}.png"
        if wanted:
            write_aside(path, lambda aside: draw(result, aside))
            pictures[name] = path
        else:
            path.unlink(missing_ok=True)  # of an earlier run in this folder
    report = result.path / "report.html"
    traces = io.BytesIO()
    if result.recorded():
        draw_traces(result, traces)
    text = page(result, pictures, traces.getvalue() or None)
    write_aside(report, lambda aside: aside.write_text(text))
    return [*pictures.values(), report]


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="bss-report",
        description="Makes raster.png, wafer.png and one self-contained page, report.html, from a result folder; "
        "from one with many runs runs.png and a page with their table. With --ablation it compares the runs of a sweep over wafer.imperfections "
        "with the one in ideal mode: a table on standard output, ablation.png and ablation.csv. bss-calibrate uses it for the picture of a sweep "
        "and the page of a calibration.",
        epilog="examples:\n  bss-report results/wafer\n  bss-report --ablation results/ablation\n  bss-report --sweep I_gl.csv --what I_gl --observed 'tau_m (us)'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="folder that bss-run or bss-map wrote; with --sweep the table, with --calibration the account (.json)")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--ablation", action="store_true", help="compare a batch's runs with its run in ideal mode")
    kinds.add_argument("--sweep", action="store_true", help="draw the table of bss-calibrate sweep")
    kinds.add_argument("--calibration", metavar="FILE", help="make the page of a calibration, from its errors (.h5)")
    parser.add_argument("--what", default="value", metavar="NAME", help="with --sweep: what was swept")
    parser.add_argument("--observed", default="observed", metavar="TEXT", help="with --sweep: what was looked at")
    parser.add_argument("--output", default="calibration.html", metavar="FILE", help="with --calibration: the page [%(default)s]")
    parser.add_argument("--skip", type=float, default=200.0, metavar="MS", help="with --ablation: leave out the beginning of every run [%(default)s ms]")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--version", action="version", version=f"bss-report {__version__}")
    options = parser.parse_args(arguments)
    table = None
    try:
        if options.ablation:
            from .ablation import make_ablation

            table, written = make_ablation(options.folder, options.skip)
        elif options.sweep:
            from .calibration import draw_sweep

            written = [draw_sweep(options.folder, options.what, options.observed)]
        elif options.calibration:
            from .calibration import make_calibration_page

            written = [make_calibration_page(options.folder, options.calibration, options.output)]
        else:
            written = make_report(options.folder)
    except NoResult as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{options.folder}: {error}", file=sys.stderr)
        return 2 if isinstance(error, PermissionError) else 1
    if not options.quiet:
        if table:
            print(table)
        for path in written:
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
