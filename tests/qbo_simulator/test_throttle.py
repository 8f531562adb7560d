"""The limits of a realm, counted as the vendor counts them."""

import threading
from concurrent.futures import ThreadPoolExecutor

from qbo_simulator import Request
from tests.qbo_simulator.driver import Company, Reply

LIFTED = {"per_minute": None, "per_second": None, "in_flight": None}


def test_the_eleventh_call_in_a_second_is_throttled_in_xml() -> None:
    """It is answered 429 with fault 3001 in XML, whatever was asked for, and is not done."""
    company = Company(limits={**LIFTED, "per_second": 10})

    replies = [company.post("customer", {"DisplayName": f"{n}"}) for n in range(11)]

    assert [reply.status for reply in replies] == [200] * 10 + [429]
    assert replies[-1].response.content_type == "application/xml"
    assert b'<Fault type="SERVICE">' in replies[-1].response.body
    assert b'<Error code="3001">' in replies[-1].response.body
    assert company.report()["objects"]["Customer"] == 10
    assert company.log()[-1]["fault_code"] == "3001"


def test_a_second_later_calls_go_through_again() -> None:
    """The window slides; refused calls do not prolong it."""
    company = Company(limits={**LIFTED, "per_second": 10})
    for _ in range(20):
        company.get("preferences")

    company.clock.advance(1)

    assert company.get("preferences").status == 200
    assert company.report()["throttled"] == 10


def test_five_hundred_calls_fit_into_a_minute() -> None:
    """The 501st within 60 seconds is throttled; the peaks reported include it."""
    company = Company(limits={**LIFTED, "per_minute": 500})
    for _ in range(500):
        company.clock.advance(0.1)
        assert company.get("customer/1").status == 400

    refused = company.get("customer/1")
    company.clock.advance(10.2)
    taken = company.get("customer/1")

    assert (refused.status, taken.status) == (429, 400)
    report = company.report()
    assert (report["most_in_60s"], report["most_in_1s"], report["throttled"]) == (501, 11, 1)


class _Gate:
    """A connection whose client waits until the test lets it go."""

    def __init__(self) -> None:
        self.waiting = threading.Semaphore(0)
        self.open = threading.Event()

    def wait_closed(self, timeout_seconds: float) -> bool:
        """Stand in flight until opened; then say that the client is still there."""
        if timeout_seconds > 0:
            self.waiting.release()
            assert self.open.wait(10)
        return False


def test_ten_calls_may_be_in_flight() -> None:
    """The eleventh at once is throttled; when one is answered the next goes through."""
    company = Company(limits={**LIFTED, "in_flight": 10})
    company.fault({"entity": "Preferences", "times": 10}, delay_ms=1000)
    gate = _Gate()
    request = Request("GET", company.target("preferences", {}), company.headers())

    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(company.simulator.handle, request, gate) for _ in range(10)]
        for _ in calls:
            assert gate.waiting.acquire(timeout=10)
        eleventh = company.get("preferences")
        in_flight = company.report()["in_flight"]
        gate.open.set()
        answers = [Reply(call.result(10)).status for call in calls]

    assert (eleventh.status, in_flight) == (429, 10)
    assert answers == [200] * 10
    assert company.get("preferences").status == 200
    assert company.report()["most_in_flight"] == 11
    assert company.report()["in_flight"] == 0


class _Waits:
    """A connection that remembers how long it was asked to wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def wait_closed(self, timeout_seconds: float) -> bool:
        """Remember, and do not wait."""
        self.seconds.append(timeout_seconds)
        return False


def test_latency_lies_within_its_bounds_and_follows_its_seed() -> None:
    """Half of it is spent before the call is done and half after; the same seed, the same waits."""
    waits = [_Waits(), _Waits()]
    for each in waits:
        company = Company(latency_ms=[20, 60], seed=7)
        request = Request("GET", company.target("preferences", {}), company.headers())
        for _ in range(20):
            company.simulator.handle(request, each)

    assert waits[0].seconds == waits[1].seconds
    assert len(set(waits[0].seconds)) > 10
    assert all(0.01 <= seconds <= 0.03 for seconds in waits[0].seconds)


def test_limits_are_each_realms_own() -> None:
    """One company's calls do not throttle another's."""
    company = Company(limits={**LIFTED, "per_second": 1})
    company.get("preferences")
    other = company.simulator.add_realm({"limits": {**LIFTED, "per_second": 1}})
    token, _ = company.connect(other)
    headers = {"authorization": f"Bearer {token}"}

    reply = company.send(Request("GET", f"/v3/company/{other}/preferences", headers))

    assert reply.status == 200
