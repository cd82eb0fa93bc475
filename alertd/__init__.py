"""alertd: watches a fleet of Cirrus noise monitors and tells people once when one needs a hand."""

__version__ = "0.1.0"
