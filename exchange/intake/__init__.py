"""Intake: reads contributed files, checks every record, and says all that is wrong with it at once.

A reader turns a file into `Contribution` values and faulty records; nothing here stores anything.
"""
