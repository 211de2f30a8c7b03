"""Vitrine: AI product photography that measures what it did to the product."""

__version__ = "0.1.0"
