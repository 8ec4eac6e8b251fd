"""How the programs are run, as the environment of a test says: with WAXWING_TEST_ENGINE and WAXWING_TEST_OPTIONS; and where
WAXWING_TEST_ARTEFACTS is set, from artefacts, without their modules."""

import os
import pathlib
import subprocess

ENGINE = os.environ.get("WAXWING_TEST_ENGINE", "interpreter")
FROM_ARTEFACTS = bool(os.environ.get("WAXWING_TEST_ARTEFACTS"))
OPTIONS = ["--engine", ENGINE, *os.environ.get("WAXWING_TEST_OPTIONS", "").split()]
if FROM_ARTEFACTS:
    OPTIONS += ["--no-cache", "--allow-precompiled"]


def to_run(waxwing, module, folder):
    """The file that `waxwing run` takes for `module`: the module, or its artefact, which is made in `folder` once."""
    if not FROM_ARTEFACTS:
        return str(module)
    artefact = pathlib.Path(folder) / (pathlib.Path(module).stem + ".wxm")
    if not artefact.exists():
        subprocess.run([waxwing, "compile", "--engine", ENGINE, "--no-cache", str(module), "-o", str(artefact)], check=True)
    return str(artefact)
