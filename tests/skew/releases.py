"""The release after this one, as a copy of the code with what a release is likely to bring.

Each kind of news by itself: a kind of event, a field of a procedure, a better dictionary.
"""

from __future__ import annotations

from tests.code_copy import Change

NEW_KIND = (
    Change(
        "protocol/office/case_events.py",
        "class EnquiryReported(",
        'class RequestNoted(BaseCaseEvent, frozen=True, kw_only=True, tag="request.noted"):\n'
        '    """A clerk\'s remark."""\n\n    remark: str\n\n\nclass EnquiryReported(',
    ),
    Change(
        "protocol/office/events.py",
        "    EnquiryReported,\n    MessageAttempted,\n",
        "    EnquiryReported,\n    MessageAttempted,\n    RequestNoted,\n",
    ),
    Change("protocol/office/events.py", "    | EnquiryReported\n", "    | EnquiryReported\n    | RequestNoted\n"),
    Change(
        "protocol/office/transitions.py",
        '    (S.FIELD_ENQUIRY, "enquiry.reported"):',
        '    (S.SUBMITTED, "request.noted"): _rule(DESK, S.SUBMITTED),\n    (S.FIELD_ENQUIRY, "enquiry.reported"):',
    ),
    Change(
        "protocol/office/changes.py",
        '    "enquiry.reported": _enquired,\n',
        '    "enquiry.reported": _enquired,\n    "request.noted": _moved,\n',
    ),
)

NEW_FIELD = (
    Change(
        "protocol/office/schema.py",
        "    keywords: list[str] = []\n",
        '    keywords: list[str] = []\n    hours: str = ""\n',
    ),
)

NEW_DICTIONARY = (
    Change(
        "protocol/records/dictionaries/__init__.py",
        "2: v2.DICTIONARY})\nNEWEST: Final = 2",
        "2: v2.DICTIONARY, 3: v1.DICTIONARY[::-1]})\nNEWEST: Final = 3",
    ),
)

NEXT = (*NEW_KIND, *NEW_FIELD)

BEFORE_LOOKS = (Change("protocol/office/account_events.py", 'tag="account.read_at_prefecture"', 'tag="not.known.yet"'),)
"""Makes this release one that knows nothing of what the prefecture tells of looks."""
