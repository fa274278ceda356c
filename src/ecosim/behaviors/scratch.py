"""Scratch of a block: rows that one rule leaves for a later one have names, all others are free for any rule."""

FREE = 9  # rows 0 to 8
RATIO = 9  # true R&D over annual sales, from `research.spend`
RENEWAL = 10  # R&D over the capital before it, from `knowledge.act`
SCRATCH = 11
