"""Writes the code blocks of a page into files: a block that opens with ```LANGUAGE FILE belongs to FILE.

usage: python3 code_of.py PAGE FOLDER

Blocks of one file are joined in their order. Prints the names of the files.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def code_of(page):
    """{file: its text} of a page in Markdown."""
    files = {}
    for name, text in BLOCK.findall(page):
        files[name] = files.get(name, "") + text
    return files


def main():
    page, folder = map(pathlib.Path, sys.argv[1:])
    files = code_of(page.read_text())
    if not files:
        sys.exit(f"{page} has no block of code with the name of a file")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
        print(name)


if __name__ == "__main__":
    main()
