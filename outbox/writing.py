"""A piece of messages as one write to the broker's socket.

kombu's producer sends each message by itself: it looks for what the broker may have said, writes
method, header and body, and does both under timeouts of their own. Here py-amqp's own writer of
frames composes the same frames into memory first. Nothing is read meanwhile: a broker that is
blocked is seen where the confirms are awaited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from amqp import Message as Content
from amqp import spec
from amqp.method_framing import frame_writer
from amqp.serialization import dumps

from broker.claim_checks import Message, encode
from broker.routing import QUEUES
from broker.topology import EXCHANGE

_METHOD_FRAME: Final = 1
_PERSISTENT: Final = 2
_ANY_ID: Final = "0" * 36
# Of a message's properties only its id is its own, and stands last: py-amqp composes them once.
_ALIKE: Final = Content(
    content_type="application/json",
    content_encoding="utf-8",
    delivery_mode=_PERSISTENT,
    message_id=_ANY_ID,
)
_PROPERTIES: Final[bytes] = _ALIKE._serialize_properties().removesuffix(_ANY_ID.encode())  # noqa: SLF001  # what py-amqp's own writer of frames asks for
# ticket, exchange, routing key, mandatory, immediate
_PUBLISH: Final = {entity: dumps("Bssbb", (0, EXCHANGE, entity, True, False)) for entity in QUEUES}


@dataclass(frozen=True, slots=True)
class _Content:
    """Stands where py-amqp's writer of frames expects a message of its own."""

    body: bytes
    message_id: str

    def _serialize_properties(self) -> bytes:
        return _PROPERTIES + self.message_id.encode()


class _Memory:
    """Stands where py-amqp's writer of frames expects a transport."""

    def __init__(self) -> None:
        self.frames = bytearray()

    def write(self, frame: memoryview) -> None:
        """Keep a frame; the view is the writer's and is written anew for the next."""
        self.frames += frame


class PieceWriter:
    """Writes to one channel of py-amqp's; it lasts as long as the channel's connection.

    Args:
        channel: open, in confirm mode.
    """

    def __init__(self, channel: Any) -> None:  # noqa: ANN401  # kombu's channel has no types
        """Prepare; nothing is written."""
        self._channel_id: int = channel.channel_id
        self._transport = channel.connection.transport
        self._memory = _Memory()
        self._write_frames = frame_writer(channel.connection, self._memory)

    def publish(self, piece: Sequence[Message]) -> None:
        """Write these, `mandatory`, in this order: delivery tags ascend with it.

        Raises:
            one of `BROKER_ERRORS`: perhaps some are on their way.
        """
        self._memory.frames = bytearray()
        for message in piece:
            content = _Content(encode(message), str(message.token))
            publish = _PUBLISH[message.entity]
            self._write_frames(
                _METHOD_FRAME, self._channel_id, spec.Basic.Publish, publish, content
            )
        self._transport.write(self._memory.frames)
