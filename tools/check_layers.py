#!/usr/bin/env python3
"""Every `#include "x/…"` in module y must be listed in y's ark_module() call: DEPS for headers, DEPS or PRIVATE_DEPS for .cpp
files, TEST_DEPS besides for tests. Includes of another module must name one of its HEADERS. Prints file:line for each breach.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEYWORDS = {"HEADERS", "SOURCES", "DEPS", "PRIVATE_DEPS", "LIBS", "PRIVATE_LIBS", "TESTS", "TEST_DEPS", "TEST_LIBS",
            "BENCHES", "FUZZERS"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z_0-9]+)/([^"]+)"')


def parse_modules():
    modules = {}
    for path in sorted((ROOT / "src").glob("*/CMakeLists.txt")):
        text = re.sub(r"#[^\n]*", "", path.read_text())
        for call in re.findall(r"ark_module\(([^)]*)\)", text):
            words = call.split()
            module = {key: [] for key in KEYWORDS}
            current = None
            for word in words[1:]:
                if word in KEYWORDS:
                    current = word
                elif current:
                    module[current].append(word)
            module["folder"] = path.parent
            modules[words[0]] = module
    return modules


def allowed_for(module, path):
    name = path.name
    relative = str(path.relative_to(module["folder"]))
    allowed = set(module["DEPS"])
    if path.suffix == ".cpp" or relative not in module["HEADERS"]:
        allowed |= set(module["PRIVATE_DEPS"])
    if re.search(r"_(test|bench|fuzz)\.cpp$", name) or "testing" in path.parts:
        allowed |= set(module["TEST_DEPS"])
    return allowed


def main():
    modules = parse_modules()
    breaches = []
    for name, module in modules.items():
        for path in sorted(module["folder"].rglob("*.[hc]pp")):
            allowed = allowed_for(module, path)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                if not found or found[1] == name or found[1] not in modules:
                    continue
                where = f"{path.relative_to(ROOT)}:{number}"
                if found[1] not in allowed:
                    breaches.append(f"{where}: includes {found[1]}, which is not in the DEPS of ark_module({name})")
                elif found[2] not in modules[found[1]]["HEADERS"] and not found[2].startswith("testing/"):
                    breaches.append(f"{where}: {found[1]}/{found[2]} is not a public header of {found[1]}")
    print("\n".join(breaches) if breaches else f"layers hold: {len(modules)} modules")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
