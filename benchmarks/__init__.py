"""How fast is the program, as ratios against the bare libraries in the same run."""
