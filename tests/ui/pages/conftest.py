from tests.support.office import town_office

__all__ = ["town_office"]
