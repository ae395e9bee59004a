from tests.support.office import back, front, town_office, worker_office

__all__ = ["back", "front", "town_office", "worker_office"]
