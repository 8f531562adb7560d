"""A token is believed as far as one of ProLine's keys signed it: each way around that is shut."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import urlsafe_b64encode

from access.errors import LaunchRefused
from access.signed import ALGORITHMS, TOKEN_CHARACTERS_MAX, verified_claims
from tests.support.launching import LEFT_OUT, ProlineSigner, jwks_of

PROLINE = ProlineSigner()
SIGNERS = {algorithm: ProlineSigner(algorithm) for algorithm in sorted(ALGORITHMS)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def why_refused(token: str, jwks: str = PROLINE.jwks) -> str:
    """Return the word for why a token is refused."""
    with pytest.raises(LaunchRefused) as refused:
        verified_claims(token, jwks)
    return refused.value.why


def by_hand(header: Mapping[str, object], secret: bytes | None = None) -> str:
    """Write a token as a stranger can: signed by HMAC with a secret, or by nothing."""
    claims = PROLINE.token().split(".")[1]
    signing_input = urlsafe_b64encode(json.dumps(header).encode()) + b"." + claims.encode()
    digest = b"" if secret is None else hmac.new(secret, signing_input, hashlib.sha256).digest()
    return (signing_input + b"." + urlsafe_b64encode(digest)).decode()


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_every_allowed_algorithm_is_believed(algorithm: str) -> None:
    """ProLine signs with whatever pair it has."""
    signer = SIGNERS[algorithm]

    claims = verified_claims(signer.token(), signer.jwks)

    assert claims["user_id"] == "user-1"


def test_a_claim_changed_on_the_way_breaks_the_signature() -> None:
    """Another company's page is one changed claim away."""
    header, _, signature = PROLINE.token().split(".")
    _, claims, _ = PROLINE.token(company_id="company-2").split(".")

    assert why_refused(f"{header}.{claims}.{signature}") == "signature"


def test_a_key_that_is_not_prolines_signs_nothing() -> None:
    """Anybody can make a pair and name ProLine's key."""
    stranger = ProlineSigner(kid=PROLINE.kid)

    assert why_refused(stranger.token()) == "signature"


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_a_token_that_nobody_signed_is_refused(name: str) -> None:
    """`none` is an algorithm of the standard (RFC 7515), and never one of ours."""
    assert why_refused(by_hand({"alg": name, "kid": PROLINE.kid})) == "algorithm"


def test_a_public_key_is_no_secret() -> None:
    """Algorithm confusion: HS256 with the public key's PEM, which everybody can read."""
    key = PROLINE.key
    assert isinstance(key, ECKey)

    token = by_hand({"alg": "HS256", "kid": PROLINE.kid}, key.as_pem(private=False))

    assert why_refused(token) == "algorithm"


def test_a_secret_in_the_jwks_signs_nothing() -> None:
    """A shared secret would let this service write tokens of ProLine's."""
    secret = {"kty": "oct", "kid": PROLINE.kid, "k": urlsafe_b64encode(b"a" * 32).decode()}

    token = by_hand({"alg": "HS256", "kid": PROLINE.kid}, b"a" * 32)

    assert why_refused(token, jwks_of(secret)) == "algorithm"
    assert why_refused(PROLINE.token(), jwks_of(secret)) == "key"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "ES256K", "RS1", "es256"])
def test_an_algorithm_off_the_list_is_refused(algorithm: str) -> None:
    """The list is short, and compared to the letter."""
    token = PROLINE.token(header={"alg": algorithm})

    assert why_refused(token) == "algorithm"


@pytest.mark.parametrize("kid", [LEFT_OUT, "", "proline-2"])
def test_a_token_names_the_key_that_signed_it(kid: object) -> None:
    """One that names none would have every key tried on it."""
    assert why_refused(PROLINE.token(header={"kid": kid})) == "key"


def test_no_name_is_no_key_either() -> None:
    """Not even where a key of the JWKS is called by nothing."""
    nameless = ProlineSigner(kid="")

    assert why_refused(nameless.token(), nameless.jwks) == "key"


def test_a_private_key_is_none_of_ours() -> None:
    """With what signs in our hands, a launch would prove nothing about ProLine."""
    private = PROLINE.key.as_dict(private=True)

    assert why_refused(PROLINE.token(), jwks_of(private)) == "key"


def test_an_id_of_two_keys_names_neither() -> None:
    """Which of the two is meant must not be the token's choice."""
    twin = ProlineSigner(kid=PROLINE.kid).public_key

    assert why_refused(PROLINE.token(), jwks_of(PROLINE.public_key, twin)) == "key"
    assert why_refused(PROLINE.token(), jwks_of(twin, PROLINE.public_key)) == "key"


def test_old_and_new_keys_stand_side_by_side() -> None:
    """ProLine changes its key without a minute in which nobody comes in."""
    newer = ProlineSigner("EdDSA", kid="proline-2")
    both = jwks_of(PROLINE.public_key, newer.public_key)

    assert verified_claims(PROLINE.token(), both)
    assert verified_claims(newer.token(), both)


def test_a_key_we_cannot_read_hurts_no_other() -> None:
    """A JWKS may hold keys of kinds to come (RFC 7517, section 5)."""
    unknown = {"kty": "AKP", "kid": "proline-2", "alg": "ML-DSA-44", "pub": "aaaa"}

    assert verified_claims(PROLINE.token(), jwks_of(unknown, PROLINE.public_key))


@pytest.mark.parametrize(("signed", "named"), [("RS256", "ES256"), ("ES256", "ES384")])
def test_the_key_fits_the_algorithm(signed: str, named: str) -> None:
    """An elliptic key is none for RSA, and P-256 is none for ES384."""
    signer = SIGNERS[signed]
    bare = {**signer.public_key, "alg": None}
    del bare["alg"]

    assert why_refused(signer.token(header={"alg": named}), jwks_of(bare)) == "signature"


def test_the_keys_own_algorithm_is_kept() -> None:
    """A key made for PS256 does not sign RS256, though it could."""
    signer = SIGNERS["RS256"]

    jwks = jwks_of({**signer.public_key, "alg": "PS256"})

    assert why_refused(signer.token(), jwks) == "signature"


@pytest.mark.parametrize("purpose", [{"use": "enc"}, {"use": None, "key_ops": ["encrypt"]}])
def test_the_keys_own_use_is_kept(purpose: Mapping[str, Any]) -> None:
    """What encrypts does not sign."""
    entry = {k: v for k, v in {**PROLINE.public_key, **purpose}.items() if v is not None}

    assert why_refused(PROLINE.token(), jwks_of(entry)) == "signature"


def test_a_key_that_only_agrees_on_secrets_signs_nothing() -> None:
    """X25519 is of the same family as Ed25519 and has no signatures."""
    signer = SIGNERS["EdDSA"]
    agreeing = OKPKey.generate_key("X25519", {"kid": signer.kid}).as_dict(private=False)

    assert why_refused(signer.token(), jwks_of(agreeing)) == "signature"


def test_a_short_rsa_key_signs_nothing() -> None:
    """Below 2048 bits somebody may have found the other half."""
    signer = SIGNERS["RS256"]
    modulus = urlsafe_b64encode((2**1023 + 1).to_bytes(128, "big")).decode()

    assert why_refused(signer.token(), jwks_of({**signer.public_key, "n": modulus})) == "key"


@pytest.mark.parametrize(
    "bent",
    [
        {"crv": "P-999"},
        {"crv": ["P-256"]},
        {"x": "!"},
        {"x": ""},
        {"x": "AAAA"},
        {"y": 7},
        {"kty": ["EC"]},
        {"kty": "RSA"},
        {"d": "AAAA"},
    ],
)
def test_a_broken_or_private_key_is_refused_and_breaks_nothing(bent: Mapping[str, object]) -> None:
    """What is wrong with our own settings is no crash of the page."""
    assert why_refused(PROLINE.token(), jwks_of({**PROLINE.public_key, **bent})) == "key"


@pytest.mark.parametrize(
    "jwks", ["", "[]", "{}", '{"keys": {}}', '{"keys": 7}', '{"keys": [7]}', "{\ud800}"]
)
def test_a_jwks_without_keys_lets_nobody_in(jwks: str) -> None:
    """Nobody is better than everybody."""
    assert why_refused(PROLINE.token(), jwks) == "key"


@pytest.mark.parametrize(
    "member",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/certificate"},
        {"x5c": ["AAAA"]},
        {"jwk": ProlineSigner().public_key},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"kid": 7},
        {"kid": [PROLINE.kid]},
        {"alg": ["ES256"]},
        {"alg": None},
        {"typ": None},
        {"typ": "at+jwt"},
    ],
)
def test_a_header_says_algorithm_and_key_and_no_more(member: Mapping[str, object]) -> None:
    """Whatever else it holds changes what is checked, or brings its own key along."""
    assert why_refused(PROLINE.token(header=member)) == "header"


def test_a_token_brings_no_key_along() -> None:
    """Signed by the very key it carries, it is as true as anybody's word."""
    stranger = ProlineSigner(kid=PROLINE.kid)

    token = stranger.token(header={"jwk": stranger.public_key})

    assert why_refused(token) == "header"


@pytest.mark.parametrize("kind", [LEFT_OUT, "JWT", "jwt"])
def test_the_type_may_be_said_or_not(kind: object) -> None:
    """Libraries differ in it; the standard asks for neither."""
    assert verified_claims(PROLINE.token(header={"typ": kind}), PROLINE.jwks)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "é.é.é", "\x00..", "\ud800..", "=.=.="],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """The address bar takes anything."""
    assert why_refused(token) == "form"


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("letter", ["é", "\ud800", "\u0661"])
def test_a_letter_that_no_token_has_is_refused_wherever_it_stands(letter: str, place: int) -> None:
    """Also behind a true header, where half a character cannot even be encoded."""
    parts = PROLINE.token().split(".")
    parts[place] += letter

    assert why_refused(".".join(parts)) == "form"


def test_a_token_with_a_fourth_part_is_refused() -> None:
    """Whoever reads only three would not see the fourth."""
    assert why_refused(PROLINE.token() + ".e30") == "signature"


@pytest.mark.parametrize(
    "header", [b"7", b'"alg"', b'["alg", "b64"]', b"null", b"\xff", b"[" * 300]
)
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    """JSON has other things than objects, and a text of brackets may nest as deep as it is long."""
    assert why_refused(PROLINE.signed(header, {})) == "form"


@pytest.mark.parametrize(
    "payload",
    [b"", b"7", b"[]", b"null", b"\xff", b"{", b"[" * 5_000, b'{"exp": NaN}', b'{"a": -Infinity}'],
)
def test_claims_that_are_no_object_are_refused(payload: bytes) -> None:
    """Also when ProLine's key has signed them."""
    header = {"alg": "ES256", "kid": PROLINE.kid}

    assert why_refused(PROLINE.signed(header, payload)) == "form"


def test_a_claim_that_stands_twice_is_refused() -> None:
    """Readers differ in which of the two counts."""
    header = {"alg": "ES256", "kid": PROLINE.kid}

    token = PROLINE.signed(header, '{"role": "viewer", "role": "admin"}')

    assert why_refused(token) == "form"


def test_a_header_member_that_stands_twice_is_refused() -> None:
    """One for the reader who checks, one for the reader who uses."""
    header = f'{{"alg": "none", "alg": "ES256", "kid": "{PROLINE.kid}"}}'

    assert why_refused(PROLINE.signed(header, {})) == "form"


def test_a_token_of_more_than_8_kib_is_not_read() -> None:
    """A true one has a few hundred characters."""
    smallest, padding = len(PROLINE.token(padding="")), ""
    while smallest + len(padding) * 4 // 3 < TOKEN_CHARACTERS_MAX:
        padding += "x" * 64

    assert len(PROLINE.token(padding=padding)) > TOKEN_CHARACTERS_MAX
    assert why_refused(PROLINE.token(padding=padding)) == "form"
    assert verified_claims(PROLINE.token(padding=padding[:-200]), PROLINE.jwks)


def test_a_refusal_never_repeats_the_token() -> None:
    """Its sentence is shown and its word is logged: neither may carry what opens a page."""
    token = PROLINE.token(header={"kid": "proline-2"})

    with pytest.raises(LaunchRefused) as refused:
        verified_claims(token, PROLINE.jwks)

    assert not [part for part in token.split(".") if part in f"{refused.value} {refused.value!r}"]


@given(st.text())
def test_any_text_is_refused_and_breaks_nothing(text: str) -> None:
    """Whatever is typed behind `/launch?token=`, it is a refusal and no crash."""
    assert why_refused(text)


@given(st.text(alphabet="ey.JhbGciOiIifQ0_-", max_size=80))
def test_any_text_like_a_token_is_refused(text: str) -> None:
    """The same nearer to a token's own letters."""
    assert why_refused(text)


@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), JSON) | JSON)
def test_any_header_is_refused_or_right(header: object) -> None:
    """Whatever JSON it is, signed or not."""
    assert why_refused(PROLINE.signed(header, {}))


@given(place=st.integers(0, 10_000), letter=st.characters(max_codepoint=126))
def test_no_letter_of_a_token_can_change(place: int, letter: str) -> None:
    """Every letter is under the signature, is the signature, or leads to the key."""
    token = PROLINE.token()
    place %= len(token)
    bent = f"{token[:place]}{letter}{token[place + 1 :]}"

    if bent != token:
        assert why_refused(bent)
