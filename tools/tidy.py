#!/usr/bin/env python3
"""House checks that no compiler makes (docs/hacking.md). Prints file:line: what, exits 1 when there is anything."""
import pathlib
import re
import subprocess
import sys

import check_names

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINE_MAX = {".cpp": 120, ".hpp": 120, ".def": 140}
LINE_MAX_OTHERS = 140   # scripts and build files
FILE_LINES_MAX = 700
# Markdown tables and data may be wider; everything else is read side by side.
CODE = {".cpp", ".hpp", ".def", ".cmake", ".py", ".sh", ".js", ".mjs", ".ts"}
TEXT = CODE | {".md", ".txt", ".json", ".yaml", ".yml"}

# (pattern, where it is allowed, what to do instead)
BANNED = [
    (re.compile(r"asio::detached"), ("src/runtime/",), "spawn in a runtime::Scope"),
    (re.compile(r"\b(system_clock|steady_clock)::now\(\)"), ("src/base/time.cpp", "src/net/", "src/runtime/", "bench/",
                                                             "apps/ark/", "tests/"), "take a Clock&"),
    (re.compile(r"(?<![\w.>])::open\("), ("src/disk/", "src/net/", "apps/ark/", "bench/", "tests/"), "go through disk::Disk"),
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), ("tools/tidy.py",), "do it, or say in docs what is missing"),
    (re.compile(r"using namespace (?!std::(chrono_)?literals|std::chrono(_literals)?;|std::string_view_literals)"), (),
     "name the namespace"),
    # g++ 12 frees aggregates and capturing lambdas twice when they are built inside a co_await expression.
    (re.compile(r"co_await [^;]*\(\s*\[[^\]]+\]\s*[({]"), (), "name the lambda first, then move it in (g++ 12)"),
    (re.compile(r"co_await [^;(]*\([^;]*\b[A-Z]\w*\{[^}]*[^\s}][^}]*\}"), (), "name the object first, then move it in (g++ 12)"),
    (re.compile(r"\?[^;\"]*\bco_await\b"), (), "write an if: a co_await inside ?: is freed twice (g++ 12)"),
    (re.compile(r"auto (\[[^\]]*\]) = co_await"), (), "name the result, then bind it by reference (g++ 12)"),
]


def tracked():
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def check_text(path, relative, text):
    for number, line in enumerate(text.splitlines(), 1):
        line_max = LINE_MAX.get(path.suffix, LINE_MAX_OTHERS)
        if path.suffix in CODE and len(line) > line_max:
            yield f"{relative}:{number}: {len(line)} columns, at most {line_max}"
        if "\t" in line and path.suffix in CODE:
            yield f"{relative}:{number}: tab"
        if line != line.rstrip() and path.suffix in CODE:
            yield f"{relative}:{number}: trailing space"
        if path.suffix not in {".cpp", ".hpp"}:
            continue
        for pattern, allowed, instead in BANNED:
            if path.name.endswith("_bench.cpp") and "now" in pattern.pattern:
                continue
            if pattern.search(line) and not str(relative).startswith(tuple(allowed) or ("\0",)):
                yield f"{relative}:{number}: {pattern.search(line)[0].strip()}: {instead}"


def check_references(files):
    """A source that no CMakeLists names is dead."""
    lists = "\n".join(p.read_text() for p in files if p.name == "CMakeLists.txt")
    for path in files:
        relative = path.relative_to(ROOT)
        if path.suffix == ".cpp" and relative.parts[0] in {"src", "apps", "bench", "tests"}:
            if path.name not in lists:
                yield f"{relative}: no CMakeLists.txt names it"


def main():
    files = tracked()
    found = []
    for path in files:
        relative = path.relative_to(ROOT)
        if path.suffix not in TEXT and path.name not in {"dev", "CMakeLists.txt"}:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            if "vectors" not in relative.parts and "corpus" not in relative.parts:
                found.append(f"{relative}: not UTF-8")
            continue
        if {"vectors", "corpus", "build"} & set(relative.parts):
            continue
        found += check_text(path, relative, text)
        if path.suffix in {".cpp", ".hpp"}:
            lines = text.count("\n")
            if lines > FILE_LINES_MAX:
                found.append(f"{relative}: {lines} lines, at most {FILE_LINES_MAX}: a second noun hides in it")
            if path.suffix == ".hpp" and "#pragma once" not in text:
                found.append(f"{relative}: no #pragma once")
    found += check_references(files)
    found += check_names.breaches()
    print("\n".join(found) if found else f"tidy: {len(files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
