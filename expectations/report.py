"""Makes the reports of Great Expectations readable offline: no script, style or pixel from anywhere else."""

import re
from pathlib import Path

#: Tags that make a reader's browser ask another machine: scripts, style sheets, and the logo, which is a tracking pixel.
_FOREIGN = (
    re.compile(r"<script[^>]+src=[\"']https?://[^>]*>\s*</script>", re.IGNORECASE),
    re.compile(r"<link[^>]+href=[\"']https?://[^>]*>", re.IGNORECASE),
    re.compile(r"<img[^>]+src=[\"']https?://[^>]*>", re.IGNORECASE),
    re.compile(r"@import\s+url\([\"']?https?://[^)]*\)\s*;?", re.IGNORECASE),
    re.compile(r"url\([\"']?https?://[^)]*\)", re.IGNORECASE),
)
#: Enough style to read the tables without the missing sheets.
_STYLE = """<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;
margin:1rem 0}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}a{color:#06c}
.fa-check-circle:before{content:"met ";color:#080}.fa-times:before{content:"not met ";color:#c00}
.navbar,.modal,.walkthrough-modal,#ge-cta-footer,.btn{display:none}</style></head>"""


def make_offline(site: Path) -> int:
    """Rewrites every page under the site that is not offline yet; returns how many."""
    changed = 0
    for page in site.rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        text = before
        for pattern in _FOREIGN:
            text = pattern.sub("", text)
        if text != before:
            page.write_text(text.replace("</head>", _STYLE, 1), encoding="utf-8")
            changed += 1
    return changed
