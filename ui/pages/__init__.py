"""The pages of the window: what a clerk sees and does, on the use cases of `gjj_desktop.counter`."""
