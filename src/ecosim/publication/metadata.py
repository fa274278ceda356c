"""What makes a bundle citable and findable: CITATION.cff and the RO-Crate metadata."""

import json
import mimetypes
import shlex
from pathlib import Path
from typing import Any

import yaml

from ecosim.publication.checksums import NAME as SUMS
from ecosim.publication.checksums import files, sha256
from ecosim.publication.hub import Publisher
from ecosim.publication.recorded import Recorded

CRATE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/crate/1.1"
LICENSES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "ODC-BY-1.0": "https://opendatacommons.org/licenses/by/1-0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
TYPES = {
    ".parquet": "application/vnd.apache.parquet", ".yml": "application/yaml", ".yaml": "application/yaml",
    ".md": "text/markdown", ".cff": "application/yaml", ".csv": "text/csv", ".json": "application/json",
    ".html": "text/html", ".txt": "text/plain",
}  # fmt: skip
ABOUT = {
    "report.html": "The forecast for a reader, in one file",
    "ODD.md": "The model by the ODD protocol",
    "CITATION.cff": "How to cite the forecast",
    "README.md": "What is in the bundle",
    "run/config.yaml": "The settings in full",
    "run/provenance.json": "Command, hashes, versions and machine",
    "target-data/time-series.csv": "The counts, with the day from which each was known",
}


def title_of(run: Recorded) -> str:
    """'Pinghu: 2017 policy package, forecast from 2016-12 to 2025'."""
    return f"{run.place}: {run.title}, forecast from {run.origin} to {run.settings['horizon']}"


def citation_line(run: Recorded, publisher: Publisher) -> str:
    """One line that names the forecast exactly."""
    made, hashes = run.provenance, (run.provenance["config_hash"][:12], run.provenance["data_hash"][:12])
    return (
        f"{', '.join(publisher.names)} ({run.made[:4]}): {title_of(run)}. ecosim {made['ecosim']}, "
        f"{run.settings['members']} members, seed {run.settings['seed']}, settings {hashes[0]}, counts {hashes[1]}, "
        f"run {run.short}."
    )


def citation_file(run: Recorded, publisher: Publisher) -> str:
    """CITATION.cff, format 1.2.0: the forecast as a data set, the software as its reference."""
    people = [{"name": name} for name in publisher.names]
    whole = {
        "cff-version": "1.2.0",
        "message": "If you use this forecast, please cite it as below, and the offices whose counts it rests on.",
        "type": "dataset",
        "title": title_of(run),
        "authors": people,
        "version": run.short,
        "date-released": run.made,
        "license": publisher.license,
        "abstract": citation_line(run, publisher),
        "references": [
            {
                "type": "software",
                "title": "ecosim",
                "version": str(run.provenance["ecosim"]),
                "authors": [{"name": "The ecosim developers"}],
                "license": "MIT",
            }
        ],
    }
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=110)


def crate(folder: Path, run: Recorded, publisher: Publisher) -> str:
    """ro-crate-metadata.json (RO-Crate 1.1) for the files that stand in the folder, with their checksums."""
    names = [name for name in files(folder) if name not in (CRATE, SUMS)]
    kind = "Person" if publisher.authors else "Organization"
    people = [{"@id": f"#author-{number}", "@type": kind, "name": name} for number, name in enumerate(publisher.names)]
    software = {
        "@id": "#ecosim",
        "@type": "SoftwareApplication",
        "name": "ecosim",
        "version": str(run.provenance["ecosim"]),
        "softwareRequirements": f"Python {run.provenance['python']}",
    }
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"run {run.run}",
        "description": shlex.join(str(word) for word in run.provenance["command"]),
        "endTime": str(run.provenance["made"]),
        "instrument": {"@id": "#ecosim"},
        "object": [{"@id": "run/config.yaml"}, {"@id": "target-data/time-series.csv"}],
        "result": [{"@id": name} for name in names if name.startswith("model-output/")],
    }
    licence = {"@id": LICENSES[publisher.license], "@type": "CreativeWork", "name": publisher.license}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": title_of(run),
        "description": citation_line(run, publisher),
        "identifier": run.run,
        "datePublished": run.made,
        "license": {"@id": licence["@id"]},
        "author": [{"@id": person["@id"]} for person in people],
        "spatialCoverage": run.place,
        "temporalCoverage": f"{run.origin_date}/{run.settings['horizon']}-12-31",
        "hasPart": [{"@id": name} for name in names],
        "mentions": [{"@id": "#run"}],
    }
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": PROFILE},
        "about": {"@id": "./"},
    }
    graph = [descriptor, root, licence, *people, software, action, *(_file(folder, name) for name in names)]
    return json.dumps({"@context": f"{PROFILE}/context", "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _file(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {
        "@id": name,
        "@type": "File",
        "name": path.name,
        "description": ABOUT.get(name, f"{path.parent.name or 'file'}: {path.stem.replace('_', ' ')}"),
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": sha256(path),
    }
