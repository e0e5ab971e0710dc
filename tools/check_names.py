#!/usr/bin/env python3
"""The sanitizer builds compile a module's sources as one (cmake/Merge.cmake), so what two of them define in an anonymous namespace
needs two names; what is the same belongs in a header. Likewise the module's tests. A glance by regular expressions at what the
compilers say for certain: constants, types, and functions of the same parameters. Prints file:line for each breach.
"""
import pathlib
import re
import sys

import check_layers

ROOT = check_layers.ROOT
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{$")
OPEN = re.compile(r"^namespace \{$")
CLOSE = re.compile(r"^\}  // namespace$")
TYPE = re.compile(r"^(?:class|struct|enum class|enum) (\w+)(?: final)?(?: [:{]| : |$)")
ALIAS = re.compile(r"^using (\w+) = (.*);")
VALUE = re.compile(r"^(?:inline |static |constexpr |const |thread_local )+[\w:<>,&* ]*?\b(\w+)(?:\[\w*\])?\s*(?:=|\{)")
FUNCTION = re.compile(r"^(?!using|namespace|template|return|TEST|INSTANTIATE|TYPED|MATCHER|static_assert)"
                      r"[\w:][\w:<>,&*\[\] ]*? [&*]?(\w+)\(")


def parameters(text):
    """The parameters' types, without their names and defaults."""
    depth, parts = 0, [""]
    for c in text:
        depth += (c in "<({[") - (c in ">)}]")
        if depth < 0:
            break
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    bare = (re.sub(r"\s*=.*", "", " ".join(part.split())) for part in parts)
    return ", ".join(re.sub(r"(?<=[\w>&*]) ?(?<!:)\b\w+$", "", part) if re.search(r"[ &*]\w+$", part) else part for part in bare)


def definitions(path):
    """(name with its namespace, what it is, line) of each definition at the left margin of an anonymous namespace."""
    inside, around = False, ""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if found := NAMESPACE.match(line):
            around = found[1] + "::"
        inside = (inside or bool(OPEN.match(line))) and not CLOSE.match(line)
        if not inside:
            continue
        if found := TYPE.match(line):
            yield around + found[1], "type", number
        elif found := ALIAS.match(line):
            yield around + found[1], found[2], number
        elif found := VALUE.match(line):
            yield around + found[1], "value", number
        elif (found := FUNCTION.match(line)) and not lines[number - 2].startswith("template"):
            yield around + found[1], "(" + parameters(" ".join(lines[number - 1:number + 5])[found.end():]) + ")", number


def units():
    """What is compiled together: lists of files."""
    for module in check_layers.parse_modules().values():
        for key in ("SOURCES", "TESTS"):
            yield [module["folder"] / name for name in module[key] if name.endswith(".cpp") and (module["folder"] / name).is_file()]
    program = sorted((ROOT / "apps/ark").rglob("*.cpp"))
    yield [path for path in program if not path.name.endswith("_test.cpp")]
    yield [path for path in program if path.name.endswith("_test.cpp")]


def breaches():
    for files in units():
        seen = {}
        for path in files:
            for name, kind, number in definitions(path):
                for other_kind, other in seen.get(name, []):
                    if path == other[0]:
                        continue
                    overload = kind.startswith("(") and other_kind.startswith("(") and kind != other_kind
                    same_alias = kind == other_kind and not kind.startswith("(") and kind not in ("type", "value")
                    if not overload and not same_alias:
                        yield (f"{path.relative_to(ROOT)}:{number}: {name} is another thing in "
                               f"{other[0].relative_to(ROOT)}:{other[1]}: two names, or one header (docs/hacking.md)")
                seen.setdefault(name, []).append((kind, (path, number)))


def main():
    found = list(breaches())
    print("\n".join(found) if found else "names: one meaning each")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
