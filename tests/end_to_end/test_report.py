"""bss-report: pictures and one page from whatever a run or a mapping left."""

import re

from conftest import config


def report(bss, folder):
    done = bss.say("bss-report", folder)
    assert done.returncode == 0, done.stderr[-500:]
    return (folder / "report.html").read_text()


def is_picture(path):
    data = path.read_bytes()
    return data[:4] == b"\x89PNG" and len(data) > 10_000


def test_a_run_gets_two_pictures_and_a_self_contained_page(bss, finished):
    page = report(bss, finished.folder)
    assert is_picture(finished.folder / "raster.png") and is_picture(finished.folder / "wafer.png")
    assert page.count("data:image/png;base64,") == 3, "raster, wafer and traces"
    assert not re.search(r"""(src=|url\(|<link[^>]*href=)["']?https?:""", page)
    for word in ("S → E", "silent", "mapping_sha256"):
        assert word in page


def test_a_mapping_alone_gets_the_wafer(bss):
    result = bss.checked(config(), "--map-only")
    (result.folder / "raster.png").write_text("of an earlier run")
    page = report(bss, result.folder)
    assert is_picture(result.folder / "wafer.png") and not (result.folder / "raster.png").exists()
    assert "Mapping only" in page


def test_names_of_users_cannot_break_the_page(bss):
    network = {"populations": {"<b>&": {"size": 2, "cell": "IF_cond_exp"}}, "projections": []}
    page = report(bss, bss.checked(config(network, run={"duration": 5.0})).folder)
    assert "&lt;b&gt;&amp;" in page and "<b>&<" not in page


def test_no_result_is_said_in_one_line(bss):
    for name, make in (("empty", lambda p: p.mkdir()), ("missing", lambda p: None), ("file", lambda p: p.write_text("x"))):
        path = bss.folder / name
        make(path)
        done = bss.say("bss-report", path)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and str(path) in done.stderr
    (bss.folder / "empty" / "summary.json").write_text("{")
    assert bss.say("bss-report", bss.folder / "empty").returncode == 2
    assert bss.say("bss-report").returncode == 2
