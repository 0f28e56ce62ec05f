"""Goal-directed suggesters: what to try is read off the goal, no model needed.

``shape`` is what the rules look at, the modules beside it are the rules for one kind of step each, and ``lean`` puts
their candidates in order.
"""
