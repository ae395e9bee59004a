"""The office in which the stories of withdrawals happen."""

from tests.stories.story_office import seats, story_office

__all__ = ["seats", "story_office"]
