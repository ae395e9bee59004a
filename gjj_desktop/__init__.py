"""The window software of a housing provident fund centre, without any Qt."""
