"""Refusals of QuickBooks Online and the three envelopes they come in.

Business faults come in JSON with upper-case keys, those of the gateway (401, 403) in JSON with
lower-case keys and a time in milliseconds, the throttle in XML whatever was asked for. Codes and
messages: https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes

Recorded faults differ in what they carry: a business fault has an `element`, empty where it is
about no single one; those of the parsers (of JSON, of queries, of paths) and 6240 have none; and
2030 comes without `time`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from qbo_simulator.clock import stamp_with_milliseconds
from qbo_simulator.wire import FAULT_TYPE, XML_TYPE, Json, Response, to_json

INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)

MESSAGES = {
    "100": "General Authentication Error",
    "120": "Authorization Failure",
    "500": "Unsupported Operation",
    "600": "Duplicate Request Id",
    "610": "Object Not Found",
    "620": "Transaction cannot be linked",
    "700": "Invalid Parent",
    "900": "Invalid Parent",
    "1040": "Batch Request Size Exceeded",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid ID",
    "2040": "Invalid String",
    "2050": "Invalid String Length",
    "2060": "Invalid Date",
    "2090": "Invalid Number",
    "2130": "Invalid Request Id Format",
    "2170": "Invalid Enumeration",
    "2210": "Invalid Email Address format",
    "2290": "Invalid Amount",
    "2500": "Invalid Reference Id",
    "3001": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
    "3100": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
    "3200": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "4002": "Error processing query",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6070": "Amount calculation incorrect in the request",
    "6080": "Name is required",
    "6090": "Discount Line Error",
    "6100": "Invalid Line Tax Code",
    "6130": "Bill With Parent cannot be changed",
    "6140": "Duplicate Document Number Error",
    "6170": "TxnTaxDetail not allowed",
    "6150": "ParentRef is either required or not if Job is true or false",
    "6180": "Customer hierarchy is too deep",
    "6190": "Invalid Company Status",
    "6200": "Account Period Closed, Cannot Update Through Services Error",
    "6210": "Account Period Closed, Password Required",
    "6240": "Duplicate Name Exists Error",
    "6250": "Invalid Customer Status",
    "6430": "Invalid account type used",
    "6440": "Item is required",
    "6450": "Settled Transaction Cannot Be Voided",
    "6540": "Deposited Transaction cannot be changed",
    "10000": "An application error has occurred while processing your request",
}
"""Messages of the codes the simulator itself gives, and of those tests most often ask for."""

WITHOUT_ELEMENT = frozenset({"500", "2010", "4000", "4001", "4002", "6240", "10000"})
"""Codes whose recorded faults have no `element`, not even an empty one."""

WITHOUT_TIME = frozenset({"2030"})
"""Codes whose recorded faults have no `time`."""

TYPES = {
    "100": "AuthenticationFault",
    "120": "AuthorizationFault",
    "3001": "SERVICE",
    "3100": "SERVICE",
    "3200": "AUTHENTICATION",
    "3202": "VALIDATION",
    "10000": "SystemFault",
}


@dataclass(eq=False)
class FaultError(Exception):
    """A refusal: a code, a detail, and which element it is about; HTTP 400 unless told."""

    code: str
    detail: str
    element: str | None = None
    status: int = 400

    @property
    def message(self) -> str:
        """The sentence that goes with the code."""
        return MESSAGES.get(self.code, "An error has occurred")

    @property
    def type(self) -> str:
        """The fault's type, `ValidationFault` for every business code."""
        return TYPES.get(self.code, "ValidationFault")


def not_found() -> FaultError:
    """Say that an object is not there; the text is the same for unknown and inactive ones."""
    return FaultError("610", f"Object Not Found : {INACTIVE}")


def missing(element: str) -> FaultError:
    """Say that a required element is missing."""
    return FaultError(
        "2020", f"Required parameter {element} is missing in the request", element=element
    )


def business(sentence: str) -> FaultError:
    """Refuse by a rule that has no code of its own."""
    return FaultError("6000", f"Business Validation Error: {sentence}")


def answer_fault(fault: FaultError, now: datetime) -> Response:
    """Give a fault in the envelope QuickBooks uses for it."""
    if fault.code == "3001":
        return xml_fault(fault, now)
    if fault.status in {401, 403}:
        return gateway_fault(fault, now)
    return business_fault(fault, now)


def business_fault(fault: FaultError, now: datetime) -> Response:
    """Give a fault in JSON with upper-case keys."""
    body: Json = {"Fault": fault_json(fault)}
    if fault.code not in WITHOUT_TIME:
        body["time"] = stamp_with_milliseconds(now)
    return Response(status=fault.status, body=to_json(body), content_type=FAULT_TYPE)


def fault_json(fault: FaultError) -> Json:
    """Give a fault as it stands under `Fault`, in a reply or in a part of a batch."""
    error = {"Message": fault.message, "Detail": fault.detail, "code": fault.code}
    if fault.code not in WITHOUT_ELEMENT:
        error["element"] = fault.element or ""
    return {"Error": [error], "type": fault.type}


def gateway_fault(fault: FaultError, now: datetime) -> Response:
    """Give a fault in the gateway's JSON: lower-case keys, time in milliseconds."""
    error = {
        "message": fault.message,
        "detail": fault.detail,
        "code": fault.code,
        "element": fault.element,
    }
    body: Json = {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [error], "type": fault.type},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }
    return Response(fault.status, to_json(body), FAULT_TYPE, _challenge(fault))


def xml_fault(fault: FaultError, now: datetime) -> Response:
    """Give a fault in XML, as the throttle does even to those who asked for JSON."""
    parts = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
        f'<IntuitResponse time="{stamp_with_milliseconds(now)}"',
        ' xmlns="http://schema.intuit.com/finance/v3">\n',
        f"  <Fault type={quoteattr(fault.type)}>\n",
        f"    <Error code={quoteattr(fault.code)}>\n",
        f"      <Message>{escape(fault.message)}</Message>\n",
        f"      <Detail>{escape(fault.detail)}</Detail>\n",
        "    </Error>\n  </Fault>\n</IntuitResponse>\n",
    )
    return Response(status=fault.status, body=_join(parts), content_type=XML_TYPE)


def _join(parts: Sequence[str]) -> bytes:
    return "".join(parts).encode()


def _challenge(fault: FaultError) -> tuple[tuple[str, str], ...]:
    if fault.status != 401:  # noqa: PLR2004  # the HTTP status named in the function's purpose
        return ()
    return (("WWW-Authenticate", 'Bearer realm="Intuit", error="invalid_token"'),)
