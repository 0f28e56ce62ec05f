"""A mini model of one's own: a small byte-level encoder-decoder that learns from records which tactic closes a goal.

``texts`` is what such a model reads (how it is asked is the preset ``mini``), ``records`` gets goals and tactics out of
``--record`` files, and ``trainer`` runs the program that makes the model, ``training``, which alone imports torch and
transformers.
"""
