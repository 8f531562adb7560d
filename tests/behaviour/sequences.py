"""Drawing sequences: short, with few names and few amounts, so that steps meet each other."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.behaviour import steps
from tests.behaviour.steps import Cast, Sequence, Step

STEPS_LEAST = 3
STEPS_MOST = 14

_projects = st.sampled_from(("p1", "p1", "p2", "p3"))
_kinds = st.sampled_from(("standalone", "running_balance"))
_invoices = st.sampled_from(steps.INVOICES)
_payments = st.sampled_from(steps.PAYMENTS)
_cents = st.sampled_from((10_000, 6_000, 3_333, 1, 25_000))
_shares = st.sampled_from((4_000, 10_000, 6_000, 1, 15_000))
_documents = st.one_of(
    st.tuples(st.just("invoice"), _invoices), st.tuples(st.just("payment"), _payments)
)

casts = st.builds(
    Cast,
    mode=st.sampled_from(("main", "sub")),
    projects=st.tuples(*[_projects] * 4),
    kinds=st.tuples(*[_kinds] * 4),
    payers=st.tuples(*[_projects] * 4),
    waits=st.booleans(),
    numbered=st.sampled_from((True, True, False)),
    trims=st.sampled_from((False, False, True)),
)


_statuses: st.SearchStrategy[steps.Status] = st.sampled_from(
    ("complete", "complete", "complete", "complete", "pending", "failed")
)


@st.composite
def payments(draw: st.DrawFn) -> steps.Payment:
    """Draw a payment over none, one or two invoices, wholly allocated or not."""
    named = draw(st.lists(_invoices, max_size=2, unique=True))
    on = tuple((invoice_id, draw(_shares)) for invoice_id in named)
    more = draw(st.sampled_from((0, 0, 2_500))) if on else draw(_shares)
    status = draw(_statuses)
    return steps.Payment(draw(_payments), on, more, status)


_contacts = st.builds(
    steps.Contact,
    st.sampled_from(steps.CONTACTS),
    st.sampled_from(("Ada Example", "Bo: O'Hara\tJr", "Zoë \N{HOUSE BUILDING}")),
    st.sampled_from(("ada@example.com", "office@example.com")),
)
_won = st.builds(steps.Project, _projects)
_moved = st.builds(steps.Project, _projects, st.sampled_from(steps.STAGES))
_sent = st.builds(steps.Invoice, _invoices, _cents)
_edited = st.builds(
    steps.Invoice,
    _invoices,
    _cents,
    st.sampled_from(("Thank you", "Pay soon")),
    st.sampled_from((0, 0, 500)),
    st.sampled_from((True, True, False)),
)
_voids = st.builds(lambda named: steps.Void(*named), _documents)
_deletes = st.builds(lambda named: steps.Delete(*named), _documents)
_unvoids = st.builds(lambda named: steps.Unvoid(*named), _documents)
_settings = st.builds(
    steps.Settings,
    st.sampled_from(("main", "sub")),
    st.sampled_from((("Closed - Won",), ("Production",), ("Closed - Won", "Production"))),
)
_by_hand = st.builds(
    steps.Edited, _invoices, st.sampled_from(("memo", "line", "memo", "line", "void"))
)
_old = _sent.map(lambda sent: replace(sent, old=True))
_paid_by_hand = st.builds(steps.PaymentEdited, _payments, st.sampled_from(("void", "unapply")))
_deactivated = st.builds(steps.Deactivated, st.sampled_from(steps.CONTACTS))
_given_away = st.builds(steps.Moved, _projects, st.sampled_from(steps.CONTACTS))
_left_out = st.builds(
    lambda named: steps.LeftOut(*named),
    st.one_of(
        _documents,
        st.tuples(st.just("project"), _projects),
        st.tuples(st.just("contact"), st.sampled_from(steps.CONTACTS)),
    ),
)
_disturbed = st.builds(
    steps.Disturbed,
    st.sampled_from(("customer", "invoice", "payment")),
    st.sampled_from(("lost", "drop", "500")),
)
_answers = st.builds(steps.Answered, st.integers(0, 5))

_settled: st.SearchStrategy[Step] = st.just(steps.Settled())

_often: list[st.SearchStrategy[Step]] = [payments(), _sent, payments(), _edited, _voids, _settled]
_seldom: list[st.SearchStrategy[Step]] = [
    _contacts,
    _won,
    _moved,
    _deletes,
    _unvoids,
    _settings,
    _by_hand,
    _paid_by_hand,
    _deactivated,
    _old,
    _given_away,
    _left_out,
    _disturbed,
    _answers,
]


@st.composite
def sequences(draw: st.DrawFn) -> Sequence:
    """Draw a cast and its steps: mostly projects are won and invoices sent at the beginning."""
    won = draw(st.sampled_from((3, 3, 3, 1, 0)))
    sent = draw(st.sampled_from((4, 4, 3, 3, 2, 1, 0)))
    begin: list[Step] = [
        *(steps.Project(each) for each in ("p1", "p2", "p3")[:won]),
        *(steps.Invoice(each, draw(_cents)) for each in steps.INVOICES[:sent]),
    ]
    follow = draw(
        st.lists(st.one_of(*_often, *_often, *_seldom), min_size=STEPS_LEAST, max_size=STEPS_MOST)
    )
    return Sequence(draw(casts), (*begin, *follow))
