"""Runs clang-tidy over files of src/: tidy.py BUILD_FOLDER FILE...

Most of a run goes over what the headers declare, the library's above all. So files of one folder, compiled alike, are
looked at together, as one file that includes them: four times as fast. Names that are only good in a file of their own
(two functions in unnamed namespaces) make some of these groups no program; those are halved.
Exits with 1 where there is a finding.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

group_size = 8


def flags_of(build):
    """The flags that each file is compiled with, by its path; without those that name it and its object."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        end = words.index("-o")
        flags[entry["file"]] = tuple(words[1:end])
    return flags


def groups_of(files, flags):
    alike = {}
    for file in files:
        alike.setdefault((file.parent, flags[str(file)]), []).append(file)
    for members in alike.values():
        for first in range(0, len(members), group_size):
            yield members[first : first + group_size]


def tidy(file, flags):
    # The compiler's own warnings (-w) are the build's to show: here some would be about files put together.
    command = ["clang-tidy-19", "--quiet", str(file), "--", *flags, "-w"]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.returncode, run.stdout


def tidy_group(group, flags, folder):
    """What clang-tidy says of the files: "" where it has nothing to say."""
    together = folder / f"{group[0].parent.name}_{group[0].stem}_{len(group)}.cpp"
    together.write_text("".join(f'#include "{file}"  // NOLINT(bugprone-suspicious-include)\n' for file in group))
    status, findings = tidy(together if len(group) > 1 else group[0], flags)
    if status == 0:
        return ""
    if len(group) > 1 and "clang-diagnostic-error" in findings:
        middle = len(group) // 2
        return tidy_group(group[:middle], flags, folder) + tidy_group(group[middle:], flags, folder)
    return findings or f"clang-tidy failed on {together}\n"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    flags = flags_of(build)
    groups = sorted(groups_of([pathlib.Path(file).resolve() for file in sys.argv[2:]], flags), key=len, reverse=True)
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    (folder / ".clang-tidy").write_text(pathlib.Path(".clang-tidy").read_text())
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("WAXWING_JOBS", os.cpu_count()))) as threads:
        jobs = [threads.submit(tidy_group, group, flags[str(group[0])], folder) for group in groups]
        findings = "".join(job.result() for job in jobs)
    sys.stdout.write(findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
