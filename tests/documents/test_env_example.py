""".env.example is what an operator copies: it says what the settings say, and protects nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.settings import SettingsInvalid, WorkerSettings, descriptions, load
from tests.support.compose_file import ComposeFile, env_file

ROOT = Path(__file__).parents[2]


def test_the_example_names_every_setting_and_no_other() -> None:
    """A setting that is not in the example would be found by its error only.

    Beside our processes' settings it holds what docker compose alone takes from there.
    """
    assert set(_values()) == set(descriptions()) | ComposeFile.read().variables()


def test_the_example_explains_each_setting_in_the_words_of_its_error() -> None:
    """The comment above a name is the sentence the error ends with."""
    example = (ROOT / ".env.example").read_text()

    for name, description in descriptions().items():
        above = example.split(f"\n{name}=")[0].rsplit("\n\n", 1)[1]
        assert f"# {description}" in above, name


def test_the_keys_of_the_example_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts with the example as it is has tokens that anybody can decrypt."""
    for name, value in _values().items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsInvalid) as raised:
        load(WorkerSettings)

    assert {problem.split()[0] for problem in raised.value.problems} == {
        "QBO_CLIENT_ID",
        "QBO_CLIENT_SECRET",
        "TOKEN_KEYS",
    }


def _values() -> Mapping[str, str]:
    return env_file(ROOT / ".env.example")
