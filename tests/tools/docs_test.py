"""README.md and docs/*.md: lines of at most 100 columns, links that lead somewhere, paths that exist."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# A word in backticks is taken for a path of the repository if it begins with one of its folders.
FOLDERS = (".ci", "apps", "cmake", "core", "docs", "kernels", "models", "scripts", "tests", "tools")
MADE = ("docs/gpu",)  # by tools/gpu_check
PATH = re.compile(r"^(?:%s)/[\w./{},*-]*$" % "|".join(map(re.escape, FOLDERS)))


def blocks(page):
    """(number, line, whether it is code) of every line of a page."""
    is_code = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = line.lstrip().startswith("```")
        yield number, line, is_code or fence
        is_code ^= fence


def prose(page):
    return "\n".join(line for _, line, is_code in blocks(page) if not is_code)


def anchor(heading):
    """The name that a heading has in links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page):
    return {anchor(found) for found in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)}


def unfolded(path):
    """a.{h,cpp} as a.h and a.cpp."""
    found = re.match(r"(.*)\{([^}]*)\}(.*)", path)
    return [found.group(1) + part + found.group(3) for part in found.group(2).split(",")] if found else [path]


def paths(text):
    """The paths of the repository among the words in backticks."""
    words = (word for span in re.findall(r"`([^`\n]+)`", text) for word in span.split())
    return sorted({path for word in words if PATH.match(word) for path in unfolded(word) if not path.startswith(MADE)})


class Docs(unittest.TestCase):
    def test_lines_end_before_column_100(self):
        """Tables cannot be broken, nor can addresses; code is as wide as in the sources."""
        for page in PAGES:
            for number, line, is_code in blocks(page):
                if is_code or not (line.startswith("|") or "://" in line):
                    with self.subTest(f"{page.name}:{number}"):
                        self.assertLessEqual(len(line), 120 if is_code else 100)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
                if "://" in target:
                    continue
                with self.subTest(f"{page.name}: {target}"):
                    file, _, place = target.partition("#")
                    to = (page.parent / file).resolve() if file else page
                    self.assertTrue(to.exists(), "there is no such file")
                    if place:
                        self.assertIn(place, anchors(to))

    def test_paths_in_backticks_exist(self):
        for page in PAGES:
            for path in paths(prose(page)):
                with self.subTest(f"{page.name}: {path}"):
                    self.assertTrue(list(ROOT.glob(path)), "there is no such path")

    def test_every_page_is_reached_from_the_readme(self):
        linked = set(re.findall(r"\((docs/[\w.]+\.md)\)", (ROOT / "README.md").read_text()))
        self.assertEqual(linked, {f"docs/{page.name}" for page in PAGES[1:]})

    def test_the_readme_is_short(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text().split()), 700)


class Reading(unittest.TestCase):
    """What the tests above rest on."""

    def test_paths_are_told_from_other_words(self):
        text = "`core/tape.h`, `./run`, `core/ops/linear.{h,cpp}`, `a/b`, `tools/profile run X`, `runs/vae`"
        self.assertEqual(paths(text), ["core/ops/linear.cpp", "core/ops/linear.h", "core/tape.h", "tools/profile"])

    def test_anchors_are_those_of_the_web(self):
        self.assertEqual(anchor("On a machine with a GPU, and `nothing` else"), "on-a-machine-with-a-gpu-and-nothing-else")


if __name__ == "__main__":
    unittest.main()
