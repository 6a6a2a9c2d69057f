"""What MkDocs cannot do alone with these pages, which are written to be read in the repository.

- README.md is the start page, CONTRIBUTING.md and CHANGELOG.md are pages as well.
- A link to a file outside docs/ (../src/rules/rules.hpp) leads to a copy of it in the site, as text; a link
  to a folder becomes its name. A file that does not exist is a warning, so a strict build fails.
- A list below a line of text is a list, as in the repository; Markdown's own rules want an empty line there.
"""

import logging
import os
import posixpath
import re

from mkdocs.structure.files import File

log = logging.getLogger("mkdocs.hooks.margincall")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
CODE_OR_LINK = re.compile(r"(?:(!?)\[([^\]]*)\]\(([^)\s]+)\))|`[^`]*`")
LIST = re.compile(r"(?:[-*]|\d+\.) ")
copied = {}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def outside_code(text, change):
    """change() over the text between fenced blocks."""
    parts = re.split(r"(^```.*?^```[ \t]*$)", text, flags=re.M | re.S)
    return "".join(part if k % 2 else change(part) for k, part in enumerate(parts))


def with_lists(text):
    out, before = [], ""
    for line in text.split("\n"):
        opens = LIST.match(line) and before.strip() and not LIST.match(before) and not before.startswith((" ", "|"))
        out += ["", line] if opens else [line]
        before = line
    return "\n".join(out)


def target_of(folder, here, link, files, config):
    """The link as the site has it, or None for what is only a name. FOLDER is the page's own in the repository."""
    path, _, anchor = link.partition("#")
    path = posixpath.normpath(posixpath.join(folder, path))
    anchor = "#" + anchor if anchor else ""
    up = posixpath.relpath
    if path in PAGES:
        return up(PAGES[path], here or ".") + anchor
    if path.startswith("docs/") and path.endswith((".md", ".png", ".svg", ".csv")):
        return up(path[len("docs/"):], here or ".") + anchor
    full = os.path.join(ROOT, path)
    if not os.path.exists(full):
        log.warning("link to %s: there is no %s", link, path)
        return None
    if os.path.isdir(full):
        return None
    copy = "files/" + path + ".txt"
    if path not in copied:
        copied[path] = copy
        files.append(File.generated(config, copy, content=read(path)))
    return up(copy, here or ".")


def rewritten(text, source, here, files, config):
    folder = posixpath.dirname(source)

    def link(match):
        image, label, target = match.groups()
        if target is None or re.match(r"[a-z]+:|#", target):
            return match.group(0)
        new = target_of(folder, here, target, files, config)
        return label if new is None else f"{image}[{label}]({new})"

    return outside_code(text, lambda part: with_lists(CODE_OR_LINK.sub(link, part)))


def on_files(files, config):
    copied.clear()
    for source, name in PAGES.items():
        text = rewritten(read(source), source, "", files, config)
        files.append(File.generated(config, name, content=text))
    for page in list(files.documentation_pages()):
        if page.src_uri in PAGES.values():
            continue
        source = "docs/" + page.src_uri
        text = rewritten(read(source), source, posixpath.dirname(page.src_uri), files, config)
        page.content_string = text
    return files
