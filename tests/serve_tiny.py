"""Plansmith's own child process, with a Llama of two layers among the bases; TINY_LLAMA names its folder."""

import os
import sys

from plansmith.tuning import bases

TINY = bases.Base("tiny", os.environ["TINY_LLAMA"], "Apache-2.0", bases.CHATML, 0.1e6, 2048)
bases.BASES = (*bases.BASES, TINY)

if __name__ == "__main__":
    from plansmith.serve import child

    child.main(*sys.argv[1:4])
