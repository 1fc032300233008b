"""A rule says what is wrong, line by line, or nothing. `@rule` enters it in the list that `check.py` goes through."""

RULES = {}


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function
