"""The report of the checks opens offline and tells nobody that it was opened."""

import re

from expectations.report import make_offline

PAGE = """<html><head><link rel="stylesheet" href="https://cdn.example/bootstrap.css">
<link rel="stylesheet" href="static/own.css"><script src="https://unpkg.example/jquery.js"></script>
<script>local()</script><style>@import url("https://fonts.example/x.css"); body{background:url(https://pixel.example/p.png)}</style>
</head><body><img src="https://assets.example/logo.png?dataContextId=1"><img src="static/logo.png">
<a href="https://docs.example/">docs</a></body></html>"""


def test_no_page_asks_another_machine(tmp_path):
    page = tmp_path / "deep" / "index.html"
    page.parent.mkdir()
    page.write_text(PAGE)
    assert make_offline(tmp_path) == 1
    text = page.read_text()
    assert re.findall(r"(?:src|href)=\"(https?://[^\"]*)\"", text) == [
        "https://docs.example/"
    ]  # a link is not a request
    assert "url(http" not in text
    assert "static/own.css" in text
    assert "static/logo.png" in text
    assert "local()" in text
    assert make_offline(tmp_path) == 0
