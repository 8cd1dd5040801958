"""The site: ``python -m sphinx -W docs docs/_build/html`` (``-t quick``: the experiments small)."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS.parent / "examples")]

# ruff: noqa: E402
from experiments import Arguments, Chapter
from source_pages import linkcode_resolve as linkcode_resolve

import tinygrad_kr

project = "tinygrad_kr"
author = "tinygrad_kr contributors"
release = version = tinygrad_kr.__version__
language = html_search_language = "ko"  # pages in English say so themselves: _ext/languages.py
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "experiments",
    "docstrings",
    "korean_search",
    "operations",
    "languages",
    "source_pages",
    "torch_names",
]

exclude_patterns = ["_build", "gallery/*.ipynb", "sg_execution_times.rst"]
locale_dirs = ["locale"]
nitpicky = True
nitpick_ignore = [("py:class", name) for name in ("bool", "float", "int", "str")]  # of properties
show_warning_types = True

myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Shape", "Source"]
add_module_names = False
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "ch06_",
    "ignore_pattern": r"^(?!.*ch06_)",
    "within_subsection_order": Chapter(),
    "reset_argv": Arguments(["--quick"] if tags.has("quick") else []),  # noqa: F821
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "furo"
html_title = "tinygrad_kr"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
