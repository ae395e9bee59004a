"""What is said when the machine, not the person, is what is wrong."""


class OperatingError(Exception):
    """Something the program needs is missing or broken; a person can mend it without a programmer.

    `what` says in one Chinese sentence what happened, `what_to_do` what mends it.
    """

    def __init__(self, what: str, what_to_do: str) -> None:
        super().__init__(f"{what} {what_to_do}")
        self.what = what
        self.what_to_do = what_to_do
