"""What the tools that make figures and tables of the documentation have in common: running the program, and replacing a table in a
page. Needs Python 3 alone."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def call(binary, *arguments):
    """What the program prints, run in the project's folder; ends this tool when it fails."""
    done = subprocess.run([binary, *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "NO_COLOR": "1"})
    if done.returncode != 0:
        sys.exit(f"margincall {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def replace_tables(page, tables):
    """Puts each text between the marks <!-- table NAME --> and <!-- end NAME --> of a page, which must be there once; the page is
    written when all have their place."""
    page = pathlib.Path(page)
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        begin, end = f"<!-- table {name} -->", f"<!-- end {name} -->"
        text, count = re.subn(re.escape(begin) + ".*?" + re.escape(end), lambda _, new=f"{begin}\n{table}\n{end}": new, text,
                              flags=re.S)
        if count != 1:
            sys.exit(f"{page}: {count} places for {name}: {begin} ... {end}")
    page.write_text(text, encoding="utf-8")
