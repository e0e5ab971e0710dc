#!/usr/bin/env python3
"""What the files in deploy/ name must exist: packages in ./dev, settings behind variables, values behind templates. Renders the
chart too when helm is installed. Usage: check.py PATH_OF_ARK
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "ark-broker"
ACCEPTED_BESIDE_OURS = {"HOST", "PORT", "LOG_LEVEL", "MAX_MESSAGES", "MAX_CHUNKS", "MAX_SPANS", "MAX_EVENTS", "XDG_DATA_HOME"}
problems = []


def expect(holds, text):
    if not holds:
        problems.append(text)


def words_of(text, pattern):
    return set(re.findall(pattern, text))


def check_packages(containerfile):
    """The image is built from what ./dev build installs, and holds what the program loads."""
    build, run = re.findall(r"--no-install-recommends \\\n(.*?)&& rm", containerfile, re.S)
    known = re.search(r"build_packages=\((.*?)\)", (ROOT / "dev").read_text(), re.S)[1].split()
    for package in build.replace("\\", " ").split():
        expect(package in known, f"Containerfile: {package} is not among ./dev's build_packages")
    needed = {name for name in known if name.endswith("-dev") and name not in ("libboost1.81-dev", "libcli11-dev")}
    for package in needed - set(build.replace("\\", " ").split()):
        expect(False, f"Containerfile: the build lacks {package}")
    return set(run.replace("\\", " ").split())


def check_libraries(ark, installed):
    """Every shared library of the program comes with a package of the image, or with the base system."""
    loaded = subprocess.run(["ldd", ark], capture_output=True, text=True, check=True).stdout
    base = {"libc6", "libgcc-s1", "libstdc++6", "zlib1g"}
    indirect = {"libbz2-1.0", "liblz4-1", "libsnappy1v5", "libgflags2.2", "liburing2", "libunwind8", "liblzma5"}  # of librocksdb, tcmalloc
    for line in loaded.splitlines():
        path = line.split("=>")[-1].split("(")[0].strip()
        if not path.startswith("/"):
            continue
        names = [path, "/usr" + path, str(pathlib.Path(path).resolve())]
        owner = next((out for name in names if (out := subprocess.run(["dpkg", "-S", name], capture_output=True, text=True).stdout)), "")
        package = owner.split(":")[0]
        if package:
            expect(package in installed | base | indirect, f"Containerfile: {package} ({path}) is not in the image")


def check_variables(ark, *texts):
    known = words_of(subprocess.run([ark, "help", "config", "--markdown"], capture_output=True, text=True, check=True).stdout,
                     r"`(ARK_[A-Z_]+)`")
    for text in texts:
        for name in words_of(text, r"(?<![-A-Z_])(ARK_[A-Z_]+|[A-Z]+_[A-Z_]+|HOST|PORT)\b(?:=|, value)"):
            expect(name in known | ACCEPTED_BESIDE_OURS, f"deploy: nothing takes the variable {name}")


def value_names(text):
    """Dotted names of values.yaml, which is plain: two spaces a level, no anchors."""
    names, path = set(), []
    for line in text.splitlines():
        found = re.match(r"^( *)([A-Za-z]+):", line)
        if found:
            del path[len(found[1]) // 2:]
            path.append(found[2])
            names.add(".".join(path))
    return names


def check_values():
    known = value_names((CHART / "values.yaml").read_text())
    for template in sorted((CHART / "templates").iterdir()):
        for name in words_of(template.read_text(), r"\.Values\.([A-Za-z.]+)"):
            expect(name in known, f"{template.name}: .Values.{name} is not in values.yaml")


def render(*settings):
    command = ["helm", "template", "ark-broker", str(CHART)]
    for setting in settings:
        command += ["--set", setting]
    return subprocess.run(command, capture_output=True, text=True)


def check_rendering():
    if shutil.which("helm") is None:
        print("helm is not installed: the chart was not rendered")
        return
    plain = render()
    expect(plain.returncode == 0, f"helm template: {plain.stderr}")
    for kind in ("StatefulSet", "Service", "ServiceAccount", "Memory"):
        expect(f"kind: {kind}\n" in plain.stdout, f"the chart renders no {kind}")
    for name in ("ark-config-streaming", "ark-config-broker"):
        expect(f"name: {name}\n" in plain.stdout, f"the chart renders no ConfigMap {name}")
    other = render("persistence.enabled=false", "prometheus.enable=true", "limits.maxSpans=100000", "retention.age=7d")
    expect(other.returncode == 0 and "emptyDir" in other.stdout and 'value: "100000"' in other.stdout, f"helm template: {other.stderr}")
    refused = render("backends.message=postgres")
    expect(refused.returncode != 0 and "needs no database" in refused.stderr, "the chart takes a database")


def main():
    ark = sys.argv[1]
    containerfile = (ROOT / "deploy" / "Containerfile").read_text()
    check_libraries(ark, check_packages(containerfile))
    check_variables(ark, containerfile, (CHART / "templates" / "statefulset.yaml").read_text())
    check_values()
    check_rendering()
    print("\n".join(problems) if problems else "deploy: everything that is named exists")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
