"""Harm: what is done to the system while it works, in lanes side by side, each with its chance.

An act that measures how fast the system recovers is done alone; any other may fall together with
acts of other lanes.
"""
