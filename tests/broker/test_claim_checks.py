"""The envelope: written as Dramatiq reads it, read strictly, and nothing quoted that is none."""

import json
from uuid import UUID

import dramatiq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.claim_checks import BODY_MOST_BYTES, Message, NoClaimCheck, decode, encode
from broker.routing import QUEUES

TOKEN = UUID("6f1d6f0e-52f5-4a63-9d1d-0f1f5c0f5a11")
CHECK = Message("invoice", 7, "acme", 2, TOKEN)

messages = st.builds(
    Message,
    st.sampled_from(list(QUEUES)),
    st.integers(1, 2**63 - 1),
    st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=64),
    st.integers(0, 2**31),
    st.uuids(),
)


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=70),
)
_FIELDS = (
    "queue_name",
    "actor_name",
    "args",
    "kwargs",
    "options",
    "message_id",
    "message_timestamp",
)


def _nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    )


def _is_read_or_refused(body: bytes, entity: str = "invoice") -> None:
    try:
        read = decode(body, entity)
    except NoClaimCheck:
        return
    assert read.entity == entity
    assert 0 < read.record_pk < 2**63
    assert 0 <= read.epoch < 2**63
    assert 1 <= len(read.company_id) <= 64
    assert "\x00" not in read.company_id


def altered(**changes: object) -> bytes:
    """Write an envelope with something else in it."""
    return json.dumps(json.loads(encode(CHECK)) | changes).encode()


@given(messages)
def test_what_is_written_is_read_back(message: Message) -> None:
    """Whatever a company's id holds."""
    assert decode(encode(message), message.entity) == message


@given(messages)
def test_dramatiq_reads_it_too(message: Message) -> None:
    """Its workers, its dashboards and its tools see an ordinary message with our token as id."""
    read = dramatiq.Message.decode(encode(message))

    assert (read.queue_name, read.actor_name) == (message.queue_name, message.actor_name)
    assert (read.args, read.kwargs, read.options) == (message.arguments, {}, {})
    assert read.message_id == str(message.token)


@given(messages)
def test_every_envelope_stays_far_below_what_is_read(message: Message) -> None:
    """A limit that an envelope of ours could meet would lose work."""
    assert len(encode(message)) < BODY_MOST_BYTES / 2


def test_the_queue_it_came_from_is_the_queue_it_belongs_to() -> None:
    """A queue name that is not the consumed one ends a thread of Dramatiq's in silence."""
    assert decode(altered(queue_name="other", actor_name="other"), "invoice") == CHECK


def test_options_are_not_believed() -> None:
    """`null` there makes Dramatiq's consumer restart for ever; an eta would delay the message."""
    assert decode(altered(options=None), "invoice") == CHECK
    assert decode(altered(options={"eta": 1}), "invoice") == CHECK


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 4_000,
        altered(args=None),
        altered(args=[]),
        altered(args=[7, "acme", 2]),
        altered(args=[7, "acme", 2, str(TOKEN), 1]),
        altered(args=["7", "acme", 2, str(TOKEN)]),
        altered(args=[True, "acme", 2, str(TOKEN)]),
        altered(args=[7, 5, 2, str(TOKEN)]),
        altered(args=[7, "acme", 2.5, str(TOKEN)]),
        altered(args=[7, "acme", 2, "Ada Example"]),
        altered(args=[2**63, "acme", 2, str(TOKEN)]),
        altered(args=[7, "acme", 2**63, str(TOKEN)]),
        altered(args=[-1, "acme", 2, str(TOKEN)]),
        altered(args=[7, "ac\x00me", 2, str(TOKEN)]),
        altered(args=[7, "", 2, str(TOKEN)]),
        altered(args=[7, "a" * 65, 2, str(TOKEN)]),
        altered(padding="x" * BODY_MOST_BYTES),
    ],
)
def test_what_is_no_claim_check_is_refused(body: bytes) -> None:
    """Truncated, hostile or simply somebody else's: one kind of error, whatever it is."""
    with pytest.raises(NoClaimCheck):
        decode(body, "invoice")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_claim_check_or_refused(body: bytes) -> None:
    """There is no third thing: whatever it is, one kind of error says so."""
    _is_read_or_refused(body)


@given(st.recursive(_LEAVES, _nested, max_leaves=8), st.sampled_from(_FIELDS))
def test_any_value_in_any_field_is_a_claim_check_or_refused(value: object, name: str) -> None:
    """An envelope that is ours but for one field, which holds anything that JSON can say."""
    _is_read_or_refused(altered(**{name: value}))


@given(
    st.lists(st.one_of(_LEAVES, st.just(str(TOKEN)), st.just("acme")), max_size=6),
    st.sampled_from(list(QUEUES)),
)
def test_any_arguments_are_a_claim_check_or_refused(arguments: list[object], entity: str) -> None:
    """What is read of them can be asked of the database: numbers fit, no text has a NUL."""
    _is_read_or_refused(altered(args=arguments), entity)


def test_a_refusal_quotes_nothing() -> None:
    """What somebody sent by mistake may be a customer's."""
    with pytest.raises(NoClaimCheck) as refused:
        decode(altered(args=[7, "acme", 2, "Ada Example"]), "invoice")

    assert "Ada" not in str(refused.value)
    assert refused.value.__cause__ is None
