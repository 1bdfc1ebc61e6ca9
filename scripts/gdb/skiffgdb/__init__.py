"""The modules behind scripts/gdb/skiff.py, one a noun."""
