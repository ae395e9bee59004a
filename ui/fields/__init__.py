"""One editor for each kind of field."""

from ui.fields.editor import Editor, Surroundings, make_editor

__all__ = ["Editor", "Surroundings", "make_editor"]
