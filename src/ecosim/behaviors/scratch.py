"""Scratch of a block: rows that one rule leaves for a later one have names, all others are free for any rule."""

FREE = 11  # rows 0 to 10
RATIO = 11  # true R&D over annual sales, from `research.spend`
RENEWAL = 12  # R&D over the capital before it, from `knowledge.act`
PLAN = 13  # of performers: the ratio as planned, before credit cuts it, from `research.spend`
SCRATCH = 14
