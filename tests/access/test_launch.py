"""What a launch must say: each rule by the token that breaks it alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.errors import LaunchRefused
from access.launch import LEEWAY, LIFE_MAX, Launch, read_launch
from access.people import Person, Role
from tests.support.launching import LEFT_OUT, LIFE_SECONDS, ProlineSigner

PROLINE = ProlineSigner()
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EPOCH = int(NOW.timestamp())
CLAIMS = ("iss", "aud", "iat", "exp", "nbf", "jti", "company_id", "user_id", "user_name", "role")
HOSTILE = "\u202e<script>\r\nSet-Cookie: a=b\x00"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def launched(bent: Mapping[str, object] | None = None, /, **claims: object) -> Launch:
    """Read a launch of now, with some claims in place of the right ones."""
    return read_launch(PROLINE.token({**(bent or {}), **claims}, now=NOW), PROLINE.jwks, now=NOW)


def why_refused(
    bent: Mapping[str, object] | None = None, /, *, now: datetime = NOW, **claims: object
) -> str:
    """Return the word for why a launch is refused."""
    token = PROLINE.token({**(bent or {}), **claims}, now=NOW)
    with pytest.raises(LaunchRefused) as refused:
        read_launch(token, PROLINE.jwks, now=now)
    assert str(refused.value).endswith(".")
    return refused.value.why


def test_a_launch_says_who_comes_in_and_until_when() -> None:
    """Everything the page knows of a person is what ProLine signed."""
    launch = launched(jti="launch-of-jane")

    assert launch == Launch(
        issuer="proline",
        jti="launch-of-jane",
        expires_at=NOW + timedelta(seconds=LIFE_SECONDS),
        person=Person("company-1", "user-1", "Jane Example", Role.ADMIN),
        company_name="Example Roofing",
    )


@pytest.mark.parametrize("issuer", [LEFT_OUT, None, "", "Proline", "proline ", ["proline"], 7])
def test_only_proline_issues_launches(issuer: object) -> None:
    """A key may sign for more than one service."""
    assert why_refused(iss=issuer) == "issuer"


@pytest.mark.parametrize(
    "audience", [LEFT_OUT, None, "", "proline-billing", [], ["proline"], ["proline-qbo", 7], {}]
)
def test_a_token_for_another_service_is_refused(audience: object) -> None:
    """Whoever receives ProLine's tokens elsewhere must not come in here with them."""
    assert why_refused(aud=audience) == "audience"


def test_a_token_may_be_for_several_services() -> None:
    """`aud` is a name or a list of names (RFC 7519, section 4.1.3)."""
    assert launched(aud=["proline-billing", "proline-qbo"]).person.user_id == "user-1"


@pytest.mark.parametrize("claim", ["iat", "exp"])
@pytest.mark.parametrize(
    "time", [LEFT_OUT, None, True, "1795197600", [EPOCH], -1, 10**30, 1e300, float("1e999")]
)
def test_a_launch_says_when_it_begins_and_ends(claim: str, time: object) -> None:
    """Without either nobody knows how long it lives; what is no time is none."""
    # An infinite number becomes the word Infinity, which is no JSON at all.
    assert why_refused({claim: time}) in {"times", "form"}


def test_a_launch_lives_for_five_minutes_at_most() -> None:
    """What lives longer is found in histories and logs."""
    longest = int(LIFE_MAX.total_seconds())

    assert launched(exp=EPOCH + longest).expires_at == NOW + timedelta(minutes=5)
    assert why_refused(exp=EPOCH + longest + 1) == "times"


def test_a_long_life_is_refused_also_near_its_end() -> None:
    """It is the whole life that counts, not what is left of it."""
    assert why_refused(iat=EPOCH - 3_600, exp=EPOCH + 60) == "times"


@pytest.mark.parametrize("exp", [EPOCH, EPOCH - 1])
def test_a_launch_ends_after_it_begins(exp: int) -> None:
    """A life of nothing, or less, is a mistake of who wrote it."""
    assert why_refused(exp=exp) == "times"


def test_a_launch_is_over_at_its_end() -> None:
    """To the second, with no leeway: who comes late opens Integrations again."""
    end = NOW + timedelta(seconds=LIFE_SECONDS)
    token = PROLINE.token(now=NOW)

    assert read_launch(token, PROLINE.jwks, now=end - SECOND).expires_at == end
    with pytest.raises(LaunchRefused, match="expired"):
        read_launch(token, PROLINE.jwks, now=end)


def test_proline_may_be_ahead_by_half_a_minute() -> None:
    """Clocks differ a little; a token of the far future is somebody's store."""
    token = PROLINE.token(now=NOW)

    assert read_launch(token, PROLINE.jwks, now=NOW - LEEWAY).issuer == "proline"
    assert why_refused(now=NOW - LEEWAY - SECOND) == "future"


def test_a_time_not_before_is_kept() -> None:
    """Where it is said, it counts (RFC 7519, section 4.1.5)."""
    assert launched(nbf=EPOCH + 30).issuer == "proline"
    assert why_refused(nbf=EPOCH + 31) == "future"
    assert why_refused(nbf="now") == "times"
    assert why_refused(nbf=True) == "times"


def test_times_may_have_fractions() -> None:
    """A NumericDate is a JSON number, and some libraries write its fraction."""
    assert launched(iat=EPOCH - 0.5, exp=EPOCH + 60.25).expires_at == NOW + 60.25 * SECOND


@pytest.mark.parametrize(
    ("claim", "why", "most"),
    [("jti", "jti", 128), ("company_id", "company", 64), ("user_id", "user", 64)],
)
def test_an_id_is_short_and_printable(claim: str, why: str, most: int) -> None:
    """Ids become keys of rows and stand in logs."""
    assert launched({claim: "x" * most}).issuer == "proline"
    for wrong in [LEFT_OUT, None, 7, "", "x" * (most + 1), "a\nb", "a\x00b", "a\u202eb", ["a"]]:
        assert why_refused({claim: wrong}) == why


def test_a_name_is_shown_on_one_line() -> None:
    """Line ends, controls and marks that turn a line around become a space."""
    launch = launched(user_name=f"  Jane\t\n {HOSTILE} Example ", company_name=HOSTILE)

    assert launch.person.user_name == "Jane <script> Set-Cookie: a=b Example"
    assert launch.company_name == "<script> Set-Cookie: a=b"


@pytest.mark.parametrize("name", [LEFT_OUT, None, 7, "", " \n", "\x00", "x" * 201, ["Jane"]])
def test_a_person_has_a_name(name: object) -> None:
    """The audit names who did something, and a person must recognise it."""
    assert why_refused(user_name=name) == "user"


def test_a_name_is_measured_as_it_is_shown() -> None:
    """200 characters, after what cannot be seen has gone."""
    assert launched(user_name="x" * 200 + "\n" * 50).person.user_name == "x" * 200


@pytest.mark.parametrize("name", [LEFT_OUT, None, "", " \n"])
def test_the_companys_name_may_be_missing(name: object) -> None:
    """The page can do without it."""
    assert launched(company_name=name).company_name == ""


@pytest.mark.parametrize("name", [7, "x" * 201, {"name": "Example Roofing"}])
def test_the_companys_name_is_a_name(name: object) -> None:
    """What stands there must fit where it is shown."""
    assert why_refused(company_name=name) == "company"


@pytest.mark.parametrize("role", [LEFT_OUT, None, "", "Admin", "owner", ["admin"], 1, {}])
def test_a_role_is_one_of_three(role: object) -> None:
    """An unknown role gets nothing, not something."""
    assert why_refused(role=role) == "role"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_comes_in(role: Role) -> None:
    """With the word ProLine uses."""
    assert launched(role=role.value).person.role is role


def test_claims_we_do_not_know_are_ignored() -> None:
    """ProLine may say more than we ask for (RFC 7519, section 4)."""
    assert launched(locale="en-US", sub="user-1").person.user_id == "user-1"


@given(claim=st.sampled_from(CLAIMS), value=JSON)
def test_any_value_of_a_claim_is_refused_or_read(claim: str, value: object) -> None:
    """Nothing that ProLine's key has signed breaks the page."""
    token = PROLINE.token({claim: value}, now=NOW)

    try:
        launch = read_launch(token, PROLINE.jwks, now=NOW)
    except LaunchRefused as refused:
        assert refused.why  # noqa: PT017  # both endings are right, a third is not
    else:
        assert launch.expires_at > NOW
        assert launch.person.user_name.isprintable()


@given(payload=JSON)
def test_any_payload_is_refused(payload: object) -> None:
    """Also one that is no object, or says nothing of what it must."""
    token = PROLINE.signed({"alg": "ES256", "kid": PROLINE.kid}, payload)

    with pytest.raises(LaunchRefused):
        read_launch(token, PROLINE.jwks, now=NOW)
