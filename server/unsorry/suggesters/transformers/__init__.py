"""Models of the Hugging Face layout, run in a child process: a crash or a lack of memory there ends nothing here.

``lane`` owns the child (``child``) and serves whoever asks, several goals in one batch; ``suggester`` is the seam's
side of it.  ``worker`` is the child's program, ``loading`` and ``decoding`` its parts: only these three import torch
and transformers, and only when they run.
"""
