"""The demo: the real widgets on a seeded town, for looking at, or driven through the whole main job."""
