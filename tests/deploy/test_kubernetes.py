"""deploy/kubernetes without a cluster: the published schemas, and what it takes from elsewhere.

Kubernetes' own kinds are held against its schemas, which a package brings along; KEDA's and
kustomize's against small ones of ours. What no schema knows is held against our settings, queues,
commands and tables.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import psycopg
import pytest
import typer
from jsonschema import Draft202012Validator

from app.addresses import ListenAddress
from app.cli.main import command_line
from app.settings import (
    MigrateSettings,
    RelaySettings,
    Settings,
    WebSettings,
    WorkerSettings,
    descriptions,
    load,
)
from app.tuning import THREADS
from app.worker import SESSIONS_BESIDE_THREADS
from broker.routing import QUEUES
from tests.support import dockerfile
from tests.support.compose_file import ROOT, env_file
from tests.support.manifests import (
    AUTOSCALING,
    BASE,
    EXAMPLE,
    KUBERNETES,
    KUSTOMIZATION,
    Manifest,
    Pod,
    kustomization,
    manifests,
    of_kind,
    pods,
    settings_of,
)
from workers.consuming import STOP_WITHIN_SECONDS

ALL = manifests()
PODS = pods()
SERVED = {name: pod for name, pod in PODS.items() if name != "migrate"}
WORKERS = {name: pod for name, pod in PODS.items() if name.startswith("worker-")}
SCALED = of_kind("ScaledObject")
QUERIES = [
    trigger["metadata"]["query"] for each in SCALED.values() for trigger in each.spec["triggers"]
]

OLDEST = "1.30"
VERSIONS = (OLDEST, kubernetes_validate.latest_version())
SCHEMAS = ROOT / "tests" / "support" / "schemas"
OURS = {
    "ScaledObject": "keda.sh-v1alpha1-scaledobject.json",
    "TriggerAuthentication": "keda.sh-v1alpha1-triggerauthentication.json",
    "Kustomization": "kustomize-kustomization.json",
    "Component": "kustomize-kustomization.json",
}

NEEDS: dict[str, type[Settings]] = {
    "migrate": MigrateSettings,
    "relay": RelaySettings,
    "web": WebSettings,
    **dict.fromkeys(WORKERS, WorkerSettings),
}
# Where QuickBooks itself is stands in the code, and these are refused for real books.
ELSEWHERE_ONLY = {"QBO_BASE_URL", "QBO_OAUTH_URL"}
SECRET = {
    "DATABASE_URL": "postgresql://service@db.example/proline",
    "MIGRATE_DATABASE_URL": "postgresql://owner@db.example/proline",
    "AMQP_URL": "amqps://worker@mq.example/",
    "QBO_CLIENT_ID": "invented",
    "QBO_CLIENT_SECRET": "invented",
    "TOKEN_KEYS": f"first:{base64.b64encode(b'1' * 32).decode()}",
    "PROLINE_LAUNCH_KEYS": env_file(ROOT / "deploy" / "demo.env")["PROLINE_LAUNCH_KEYS"],
}


def problems(body: Mapping[str, Any], version: str) -> list[str]:
    """Hold one manifest against the schema of its kind."""
    if name := OURS.get(body["kind"]):
        judge = Draft202012Validator(json.loads((SCHEMAS / name).read_text()))
        return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(body)]
    try:
        kubernetes_validate.validate(dict(body), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{error.json_path}: {error.message}"]
    return []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", ALL, ids=str)
def test_every_manifest_is_valid_by_the_schema_of_its_kind(
    manifest: Manifest, version: str
) -> None:
    """What a cluster would refuse is found where there is none, in old clusters and new ones."""
    assert problems(manifest.body, version) == []


@pytest.mark.parametrize(
    ("kind", "name", "spoil", "told"),
    [
        ("Deployment", "relay", lambda spec: spec.update(replica=2), "replica"),
        ("Service", "web", lambda spec: spec["ports"][0].update(port="8650"), "port"),
        ("ScaledObject", "worker-contacts", lambda spec: spec.update(minReplicas=1), "minReplicas"),
        (
            "ScaledObject",
            "worker-contacts",
            lambda spec: spec["triggers"][0]["metadata"].update(targetQueryValue=8),
            "targetQueryValue",
        ),
        ("TriggerAuthentication", "proline-qbo-scaler", lambda spec: spec.clear(), "secretTarget"),
    ],
)
def test_the_schemas_refuse_a_broken_manifest(
    kind: str, name: str, spoil: Callable[[dict[str, Any]], None], told: str
) -> None:
    """A judge who lets everything pass has judged nothing."""
    broken = deepcopy(dict(of_kind(kind)[name].body))

    spoil(broken["spec"])

    assert [told in problem for problem in problems(broken, OLDEST)] == [True]


def test_the_schema_refuses_a_broken_kustomization() -> None:
    """A field that kustomize does not know is refused by it, and by the schema."""
    broken = {**kustomization(EXAMPLE), "ressources": []}

    assert ["ressources" in problem for problem in problems(broken, OLDEST)] == [True]


def test_the_oldest_version_is_the_one_that_is_told() -> None:
    """Who has an older cluster reads it in the first line."""
    assert f"Kubernetes {OLDEST} or newer" in (BASE / KUSTOMIZATION).read_text()


def test_every_file_is_named_and_every_name_is_a_file() -> None:
    """A file that no kustomization names is applied by nobody."""
    folders = [file.parent for file in KUBERNETES.rglob(KUSTOMIZATION)]
    named = [
        (folder / name).resolve()
        for folder in folders
        for body in [kustomization(folder)]
        for name in [
            *body["resources"],
            *body.get("components", []),
            *(env for each in body.get("configMapGenerator", []) for env in each.get("envs", [])),
        ]
    ]

    files = {file for file in KUBERNETES.rglob("*") if file.is_file()}
    assert {BASE, AUTOSCALING, EXAMPLE} <= set(folders)
    assert [name for name in named if not name.exists()] == []
    assert [name for name in named if name.is_dir() and name not in folders] == []
    assert sorted(name for name in named if name.is_file()) == sorted(
        file for file in files if file.name != KUSTOMIZATION
    )


@pytest.mark.parametrize("folder", [AUTOSCALING, EXAMPLE], ids=lambda folder: folder.name)
def test_what_is_changed_is_there(folder: Path) -> None:
    """An image or a patch for something that has another name would change nothing."""
    body = kustomization(folder)
    deployments = {name for name, pod in PODS.items() if pod.replicas is not None}
    images = {_image(pod) for pod in PODS.values()}

    for patch in body.get("patches", []):
        target = re.compile(patch["target"]["name"])
        assert {name for name in deployments if target.fullmatch(name)} == set(WORKERS)
        assert "path: /spec/replicas" in patch["patch"]
    assert {each["name"] for each in body.get("replicas", [])} <= deployments - set(WORKERS)
    assert {each["name"] for each in body.get("images", [])} <= images == {"proline-qbo"}
    assert all(
        each["name"] == "proline-qbo" and each.get("behavior") == "merge"
        for each in body.get("configMapGenerator", [])
    )


@pytest.mark.parametrize("name", sorted(PODS))
def test_every_process_is_given_its_own_settings_and_no_other(name: str) -> None:
    """A relay has no keys of tokens, and a worker none of launches."""
    given = {each["name"] for each in PODS[name].container["env"]}

    needed = {field.upper() for field in NEEDS[name].model_fields}
    assert given == needed - ELSEWHERE_ONLY
    assert given <= set(descriptions())


@pytest.mark.parametrize("name", sorted(PODS))
def test_every_process_starts_with_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The example's settings and a whole Secret are enough for each."""
    given = PODS[name].given(settings_of(BASE, EXAMPLE), SECRET)
    for setting in descriptions():
        monkeypatch.delenv(setting, raising=False)
    for setting, value in given.items():
        monkeypatch.setenv(setting, value)

    assert load(NEEDS[name]).model_fields_set == {setting.lower() for setting in given}


def test_the_base_does_not_say_whose_books() -> None:
    """One QuickBooks is real: whoever applies the base as it is has pods that do not start."""
    with pytest.raises(KeyError, match="QBO_ENVIRONMENT"):
        PODS["web"].given(settings_of(BASE), SECRET)


def test_the_example_reaches_no_real_books() -> None:
    """Whoever copies it says so when books are meant; nothing is relied on that nobody has seen."""
    settings = settings_of(BASE, EXAMPLE)

    assert settings["QBO_ENVIRONMENT"] == "sandbox"
    assert settings["QBO_REQUESTID_PROVED"] == "false"


def test_migrations_have_an_address_of_their_own() -> None:
    """Whoever may change tables does nothing else."""
    addresses = {
        name: reference["key"]
        for name, pod in PODS.items()
        for setting, _, reference in pod.references()
        if setting == "DATABASE_URL"
    }

    assert addresses == dict.fromkeys(SERVED, "DATABASE_URL") | {"migrate": "MIGRATE_DATABASE_URL"}


def test_no_secret_stands_in_a_file() -> None:
    """Whatever opens something comes by reference, and what it refers to is not here."""
    by_reference = {
        setting
        for pod in PODS.values()
        for setting, how, reference in pod.references()
        if how == "secretKeyRef" and reference["name"] == "proline-qbo"
    }
    in_files = {name for pod in PODS.values() for name in pod.literals()} | set(
        settings_of(BASE, EXAMPLE)
    )
    texts = [file.read_text() for file in KUBERNETES.rglob("*") if file.is_file()]

    assert by_reference == set(SECRET) - {"MIGRATE_DATABASE_URL"}
    assert in_files == {
        "BROKER",
        "METRICS_PORT",
        "QBO_ENVIRONMENT",
        "QBO_REDIRECT_URI",
        "QBO_REQUESTID_PROVED",
    }
    assert of_kind("Secret") == {}
    assert [text for text in texts if re.search(r"\w+://[^\s/@]*@|secretGenerator", text)] == []


def test_every_key_of_the_secret_is_told() -> None:
    """Whoever makes it finds its keys where they begin to read."""
    keys = {
        reference["key"]
        for pod in PODS.values()
        for _, how, reference in pod.references()
        if how == "secretKeyRef"
    }

    text = (BASE / KUSTOMIZATION).read_text()
    assert keys == set(SECRET)
    assert [key for key in keys if not re.search(rf"\b{key}\b", text)] == []


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_has_no_rights(name: str) -> None:
    """As in docker-compose.yml: nobody in particular, who changes nothing and asks nobody."""
    pod = PODS[name]

    (user,) = {
        line.split()[1] for line in dockerfile.stages()["served"].lines if line.startswith("USER")
    }
    as_pod, as_container = pod.spec["securityContext"], pod.container["securityContext"]
    assert as_pod["runAsNonRoot"] is True
    assert f"{as_pod['runAsUser']}:{as_pod['runAsGroup']}" == user
    assert as_pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert as_container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod.spec["automountServiceAccountToken"] is False
    assert pod.spec["serviceAccountName"] in of_kind("ServiceAccount", BASE)
    assert [volume for volume in pod.spec["volumes"] if "emptyDir" not in volume] == []
    assert [mount["mountPath"] for mount in pod.container["volumeMounts"]] == ["/tmp"]  # noqa: S108  # the pod's own


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_is_bounded_as_in_compose(name: str) -> None:
    """What it may take is set aside for it: it never has to go because others want more."""
    limit = {"relay": "256Mi", "migrate": "256Mi"}.get(name, "384Mi")

    resources = PODS[name].container["resources"]
    assert resources["limits"] == {"memory": limit}
    assert resources["requests"]["memory"] == limit


@pytest.mark.parametrize("name", sorted(PODS))
def test_every_command_is_one_of_the_command_line(name: str) -> None:
    """The words of a container, options too, are understood as they stand."""
    command, *options = PODS[name].container["args"]
    group: Any = typer.main.get_command(command_line())

    understood = group.commands[command].make_context(command, list(options))

    assert understood.command.name == command
    assert "command" not in PODS[name].container


@pytest.mark.parametrize("name", sorted(SERVED))
def test_every_process_is_asked_where_it_answers(name: str) -> None:
    """By the cluster and by Prometheus: at the port of its METRICS_PORT, on every address."""
    pod = PODS[name]
    listens = ListenAddress.parse(pod.literals()["METRICS_PORT"])

    probes = {
        probe: pod.container[f"{probe}Probe"]["httpGet"]
        for probe in ("startup", "liveness", "readiness")
    }
    assert listens == ListenAddress("0.0.0.0", pod.ports()["metrics"])  # noqa: S104  # of its pod
    assert {probe["port"] for probe in probes.values()} == {"metrics"}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/livez",
        "liveness": "/livez",
        "readiness": "/readyz",
    }
    assert pod.template["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(pod.ports()["metrics"]),
        "prometheus.io/path": "/metrics",
    }
    # A Service named `metrics` would give its own METRICS_PORT to every pod.
    assert pod.spec["enableServiceLinks"] is False


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_stop_lets_the_calls_end(name: str) -> None:
    """A cluster that kills before the orderly stop is over leaves claims to be taken back."""
    pod = PODS[name]

    before = pod.container.get("lifecycle", {}).get("preStop", {"sleep": {"seconds": 0}})
    needed = before["sleep"]["seconds"] + STOP_WITHIN_SECONDS
    assert pod.spec["terminationGracePeriodSeconds"] > needed
    assert pod.spec["shareProcessNamespace"] is True


@pytest.mark.parametrize("name", sorted(SERVED))
def test_a_new_version_comes_before_the_old_one_goes(name: str) -> None:
    """And what is emptied goes one by one: exactly one budget chooses the pods of a process."""
    deployment = of_kind("Deployment")[name]

    budgets = {
        budget.name: budget.spec
        for budget in of_kind("PodDisruptionBudget").values()
        if _chooses(budget.spec["selector"], PODS[name])
    }
    kept = {"maxUnavailable": 1} if name in WORKERS else {"minAvailable": 1}
    assert deployment.spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert _chooses(deployment.spec["selector"], PODS[name])
    assert list(budgets) == [name]
    assert kept.items() <= budgets[name].items()


def test_two_relays_stand_on_two_nodes() -> None:
    """A lost node takes the one that leads or the one that stands by, where there are two nodes."""
    (spread,) = PODS["relay"].spec["topologySpreadConstraints"]

    assert PODS["relay"].replicas == 2
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert _chooses(spread["labelSelector"], PODS["relay"])


@pytest.mark.parametrize("name", sorted(PODS))
def test_nobody_comes_in_but_who_is_named(name: str) -> None:
    """Prometheus to the figures, the ingress to the page."""
    policies = [
        policy
        for policy in of_kind("NetworkPolicy").values()
        if _chooses(policy.spec["podSelector"], PODS[name])
    ]

    let_in = {
        (source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for policy in policies
        for rule in policy.spec.get("ingress", [])
        for source in rule["from"]
        for port in rule["ports"]
    }
    assert any("ingress" not in policy.spec for policy in policies)
    assert [policy for policy in policies if policy.spec["policyTypes"] != ["Ingress"]] == []
    assert let_in == {("monitoring", "metrics")} | (
        {("ingress-nginx", "page")} if name == "web" else set()
    )


def test_the_page_is_where_intuit_sends_people_back() -> None:
    """Ingress, certificate and QBO_REDIRECT_URI name one host, and the way leads to the page."""
    (ingress,) = of_kind("Ingress", EXAMPLE).values()
    (rule,) = ingress.spec["rules"]
    (path,) = rule["http"]["paths"]
    service = of_kind("Service", BASE)[path["backend"]["service"]["name"]]
    (port,) = service.spec["ports"]
    listen = PODS["web"].container["args"][PODS["web"].container["args"].index("--listen") + 1]

    back = urlsplit(settings_of(BASE, EXAMPLE)["QBO_REDIRECT_URI"])
    assert [host for each in ingress.spec["tls"] for host in each["hosts"]] == [back.hostname]
    assert rule["host"] == back.hostname == "quickbooks.proline.example"
    assert path["backend"]["service"]["port"]["name"] == port["name"]
    assert PODS["web"].ports()[port["targetPort"]] == port["port"] == 8650
    assert ListenAddress.parse(listen) == ListenAddress("0.0.0.0", 8650)  # noqa: S104  # of its pod
    assert _chooses({"matchLabels": service.spec["selector"]}, PODS["web"])


def test_every_queue_has_its_workers() -> None:
    """An entity whose queue nobody consumes is not dispatched."""
    consumed = {name: pod.container["args"] for name, pod in WORKERS.items()}

    assert consumed == {
        f"worker-{queue.removeprefix('qbo.')}": ["worker", "--queues", queue]
        for queue in QUEUES.values()
    }
    assert {pod.replicas for pod in WORKERS.values()} == {1}


def test_workers_differ_in_nothing_but_their_queue() -> None:
    """Four files that are written alike stay alike."""
    plain = {
        (BASE / f"{name}.yaml").read_text().replace(name.removeprefix("worker-"), "<queue>")
        for name in WORKERS
    }

    assert len(WORKERS) == len(QUEUES)
    assert len(plain) == 1


@pytest.mark.parametrize(("entity", "queue"), sorted(QUEUES.items()))
def test_every_queue_has_its_number_of_workers(entity: str, queue: str) -> None:
    """By its own entity's work, and never down to none: then nobody would ask for one again."""
    name = f"worker-{queue.removeprefix('qbo.')}"
    spec = SCALED[name].spec

    triggers = {each["name"]: each["metadata"] for each in spec["triggers"]}
    assert set(SCALED) == set(WORKERS)
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert 1 == spec["minReplicaCount"] < spec["maxReplicaCount"]
    assert set(triggers) == {"usable", "oldest"}
    assert triggers["usable"]["targetQueryValue"] == str(THREADS)
    assert triggers["oldest"]["targetQueryValue"] == "60"
    assert [
        each["query"]
        for each in triggers.values()
        if not each["query"].endswith(f" WHERE entity = '{entity}'")
    ] == []


def test_what_scales_comes_to_the_database_as_itself() -> None:
    """By one Secret that none of our processes is given."""
    (authentication,) = of_kind("TriggerAuthentication").values()
    (reference,) = authentication.spec["secretTargetRef"]

    assert {
        trigger["authenticationRef"]["name"]
        for each in SCALED.values()
        for trigger in each.spec["triggers"]
    } == {authentication.name}
    assert (reference["parameter"], reference["name"]) == ("connection", "proline-qbo-scaler")
    assert f"`{reference['name']}`" in (AUTOSCALING / KUSTOMIZATION).read_text()
    assert reference["name"] not in {
        each["name"] for pod in PODS.values() for _, _, each in pod.references()
    }


ITS_BEAT = 1


def test_the_sessions_of_all_workers_are_told() -> None:
    """Whoever raises the number of workers sees what PostgreSQL must have for them."""
    most = sum(each.spec["maxReplicaCount"] for each in SCALED.values())
    each_takes = THREADS + SESSIONS_BESIDE_THREADS + ITS_BEAT

    text = (AUTOSCALING / "scaledobjects.yaml").read_text()
    assert f"A worker takes {each_takes} sessions of PostgreSQL: {most} of them, " in text
    assert f" of them, {most * each_takes}." in text


@pytest.mark.parametrize("query", QUERIES)
def test_every_number_is_one_the_database_gives(connection: psycopg.Connection, query: str) -> None:
    """KEDA reads one number from one row; a missing row or value is an error to it."""
    rows = connection.execute(query.encode()).fetchall()

    assert [len(row) for row in rows] == [1]
    assert float(rows[0][0]) == 0


def _image(pod: Pod) -> str:
    return str(pod.container["image"]).partition(":")[0]


def _chooses(selector: Mapping[str, Mapping[str, str]], pod: Pod) -> bool:
    """Say whether a selector of labels chooses a pod; ours have nothing but matchLabels."""
    assert set(selector) == {"matchLabels"}
    return selector["matchLabels"].items() <= pod.labels.items()
