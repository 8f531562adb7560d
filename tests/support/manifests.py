"""deploy/kubernetes as kustomize would find it: folders, manifests, and what each pod is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from tests.support.compose_file import env_file

ROOT: Final = Path(__file__).parents[2]
KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
BASE: Final = KUBERNETES / "base"
AUTOSCALING: Final = KUBERNETES / "autoscaling"
EXAMPLE: Final = KUBERNETES / "overlays" / "example"
KUSTOMIZATION: Final = "kustomization.yaml"

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Manifest:
    """One document of a file, and where it stands."""

    file: Path
    body: Body

    @property
    def kind(self) -> str:
        """Name its kind."""
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        """Give its own name; a kustomization has none."""
        return str(self.body.get("metadata", {}).get("name", ""))

    @property
    def spec(self) -> Body:
        """Give what it asks for."""
        spec: Body = self.body["spec"]
        return spec

    def __str__(self) -> str:
        """Say where it is, for the name of a test."""
        return f"{self.file.relative_to(KUBERNETES)}:{self.kind}:{self.name}"


@dataclass(frozen=True)
class Pod:
    """What a Deployment or a Job starts: one container each."""

    name: str
    replicas: int | None
    template: Body

    @property
    def spec(self) -> Body:
        """Give the pod's own part."""
        spec: Body = self.template["spec"]
        return spec

    @property
    def labels(self) -> Mapping[str, str]:
        """Give what it is chosen by."""
        labels: Mapping[str, str] = self.template["metadata"]["labels"]
        return labels

    @cached_property
    def container(self) -> Body:
        """Give its one container."""
        (container,) = self.spec["containers"]
        found: Body = container
        return found

    def ports(self) -> Mapping[str, int]:
        """Give the ports it names."""
        return {port["name"]: port["containerPort"] for port in self.container.get("ports", [])}

    def given(self, settings: Mapping[str, str], secret: Mapping[str, str]) -> Mapping[str, str]:
        """Give its environment as it would find it.

        Args:
            settings: what the ConfigMap holds.
            secret: what the Secret holds.

        Raises:
            KeyError: it refers to what is in neither; no cluster would start it.
        """
        sources = {"configMapKeyRef": settings, "secretKeyRef": secret}
        found = {each["name"]: each["value"] for each in self._env() if "value" in each}
        for name, how, reference in self.references():
            found[name] = sources[how][reference["key"]]
        return found

    def references(self) -> Iterator[tuple[str, str, Mapping[str, str]]]:
        """Give name, way and place of each variable that comes from elsewhere."""
        for each in self._env():
            for how, reference in each.get("valueFrom", {}).items():
                yield each["name"], how, reference

    def literals(self) -> Mapping[str, str]:
        """Give the variables whose values stand in the file."""
        return {each["name"]: each["value"] for each in self._env() if "value" in each}

    def _env(self) -> list[Body]:
        env: list[Body] = self.container.get("env", [])
        return env


def manifests(folder: Path = KUBERNETES) -> list[Manifest]:
    """Give every document of every file below a folder."""
    return [each for each in _every_one() if each.file.is_relative_to(folder)]


def kustomization(folder: Path) -> Body:
    """Read what a folder is made of."""
    (found,) = [each for each in manifests(folder) if each.file == folder / KUSTOMIZATION]
    return found.body


def of_kind(kind: str, folder: Path = KUBERNETES) -> dict[str, Manifest]:
    """Give the manifests of one kind by their names."""
    return {each.name: each for each in manifests(folder) if each.kind == kind}


def pods() -> dict[str, Pod]:
    """Give what the base starts, by the name of its Deployment or Job."""
    return {
        each.name: Pod(each.name, each.spec.get("replicas"), each.spec["template"])
        for each in manifests(BASE)
        if each.kind in {"Deployment", "Job"}
    }


def settings_of(*folders: Path) -> Mapping[str, str]:
    """Give what the generated ConfigMap holds, each folder's words over those before it."""
    found: dict[str, str] = {}
    for folder in folders:
        for generator in kustomization(folder).get("configMapGenerator", []):
            for name in generator.get("envs", []):
                found |= env_file(folder / name)
            found |= dict(line.split("=", 1) for line in generator.get("literals", []))
    return found


@cache
def _every_one() -> tuple[Manifest, ...]:
    return tuple(
        Manifest(file, body)
        for file in sorted(KUBERNETES.rglob("*.yaml"))
        for body in YAML(typ="safe", pure=True).load_all(file.read_text())
    )
