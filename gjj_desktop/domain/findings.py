"""What is wrong with something a person typed or asked for: a value, never an exception."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong, said at the field it belongs to.

    `field` is the name of the form field ("" when it belongs to the whole form), `code` is stable and for
    machines ("identity.check_digit"), `message` is the plain Chinese sentence the clerk reads, `source` is the
    rule's source for the small print, empty when the rule is only arithmetic.
    """

    field: str
    code: str
    message: str
    source: str = ""
