"""What every test of the repository may count on."""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

# As the Makefile does: the commands of this Python and of npm are found first, however pytest was started.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), str(REPOSITORY / "node_modules" / ".bin"), os.environ["PATH"]]
)
