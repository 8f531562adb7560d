"""Every state and page worth a picture, in the order of `docs/screenshots.md`; a table, pure."""

from dataclasses import dataclass
from typing import Final

from app.web.state_line import State


@dataclass(frozen=True)
class Stop:
    """A moment of the page.

    Attributes:
        name: of the picture, without its ending.
        title: what it is, in a few words.
        sentence: what is to be seen.
        state: which state of a company it shows, where it is there for that.
        phone: whether it is as wide as a phone.
    """

    name: str
    title: str
    sentence: str
    state: State | None = None
    phone: bool = False


SETTING_UP: Final = (
    Stop("integrations", "Integrations", "As from ProLine's menu: QuickBooks among the others."),
    Stop(
        "not-set-up",
        "Not set up",
        "A company nobody has set up: three steps, and the first button.",
        State.NOT_SET_UP,
    ),
    Stop(
        "settings",
        "Settings before connecting",
        "How customers appear, with a preview that follows; which stages send a project.",
    ),
    Stop(
        "ready-to-connect",
        "Ready to connect",
        "The settings are chosen; the button leads to QuickBooks' own consent page.",
        State.READY_TO_CONNECT,
    ),
    Stop(
        "confirm",
        "Confirm",
        "Back from QuickBooks: nothing is stored before a person has seen both names.",
    ),
    Stop(
        "off",
        "Connected and off",
        "Before it is enabled a checklist says what is worth a look.",
        State.OFF,
    ),
    Stop(
        "settings-connected",
        "Settings once connected",
        "Items, accounts and tax codes are offered as QuickBooks has them.",
    ),
    Stop("on", "On", "What everybody hopes to see, with the time of the last record.", State.ON),
    Stop("phone-on", "On, on a phone", "The same on 360 pixels.", phone=True),
)
AT_WORK: Final = (
    Stop(
        "attention",
        "On, and some records need attention",
        "The state line counts them; everything else goes on.",
        State.ATTENTION,
    ),
    Stop(
        "needs-attention",
        "Needs attention",
        "By reason, with a sentence and who acts; a question shows both values side by side.",
    ),
    Stop("activity", "Activity", "Every record with where it stands, searched and filtered."),
    Stop(
        "record",
        "One record",
        "Why it is not in QuickBooks now, what it hangs from, and what was sent.",
    ),
    Stop("findings", "Worth knowing", "What did not fail, but somebody should know."),
    Stop(
        "projects",
        "Projects to transfer",
        "What was won before it was enabled goes one by one, by a person.",
    ),
    Stop("history", "History", "Who changed what, here or through support."),
    Stop("phone-attention", "Needs attention, on a phone", "The same on 360 pixels.", phone=True),
    Stop("phone-menu", "The menu, on a phone", "It opens over the page.", phone=True),
)
HELD: Final = (
    Stop(
        "limit",
        "Paused by QuickBooks' limit",
        "Until when it waits, and that it goes on by itself.",
        State.LIMIT,
    ),
    Stop(
        "unavailable",
        "QuickBooks is not available",
        "QuickBooks is down: nothing is lost, and nobody has to act.",
        State.UNAVAILABLE,
    ),
    Stop(
        "subscription",
        "QuickBooks refuses new data",
        "Its subscription has lapsed: what waits, and where to look.",
        State.SUBSCRIPTION,
    ),
    Stop("paused", "Paused by support", "A person of ProLine holds the company.", State.PAUSED),
    Stop(
        "reconnect",
        "Reconnect needed",
        "QuickBooks has ended the connection: what waits, and one button.",
        State.RECONNECT,
    ),
    Stop(
        "changed-while-off",
        "Enabled again",
        "What changed while it was off: sent or skipped, in a word.",
    ),
    Stop("disconnect", "Disconnect", "What it means is said before it is done."),
    Stop(
        "other-books",
        "Another QuickBooks company picked",
        "Other books than before are confirmed by their name, typed.",
        State.WRONG_COMPANY,
    ),
    Stop(
        "taken-books",
        "Another ProLine company's books picked",
        "They cannot be taken, and nothing was stored.",
    ),
    Stop(
        "another-company",
        "A link for another company",
        "It asks before it leads there: somebody else may have made it.",
    ),
    Stop("signed-out", "Signed out", "The way in is through ProLine."),
)
STOPS: Final = {each.name: each for each in (*SETTING_UP, *AT_WORK, *HELD)}
