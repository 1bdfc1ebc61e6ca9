"""Commands for gdb on skiff, live or on a core:  source scripts/gdb/skiff.py

  sk-ps               the tasks as a tree: state, the call each is in, what it sleeps on
  sk-bt TASK|all      the kernel stack of a task (its coroutine), with arguments
  sk-in TASK COMMAND  a gdb command (frame 3, bt full, info locals...) on that stack
  sk-task PID         descriptors with paths, signals, credentials of a process
  sk-mounts sk-files sk-net sk-dmesg sk-syscalls
  sk-str ADDRESS [TASK]   a string in the memory of a guest process (live only)

"make" puts a skiff-gdb.py that loads this beside the binary; gdb reads it by itself once its
directory is trusted (set auto-load safe-path).
"""
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

# The loop is driven by signals; none of them is news.
gdb.execute("handle SIGCHLD SIGALRM SIGVTALRM SIGURG SIGWINCH SIGUSR1 SIGUSR2 SIGPIPE nostop noprint pass",
            to_string=True)

from skiffgdb import calls, coro, files, log, mounts, net, printers, tasks  # noqa: E402,F401
