"""Models of the Hugging Face layout, run in a child process: a crash or a lack of memory there ends nothing here.

``lane`` owns the child (``child``) and serves whoever asks, several goals in one batch; ``suggester`` is the seam's
side of it, and ``embedder`` that of a model which embeds premises.  ``worker`` is the child's program, ``loading``,
``decoding`` and ``encoding`` its parts: only these import torch and transformers, and only when they run.
"""
