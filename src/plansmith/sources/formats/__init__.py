"""One room per file format: bytes → a `Reading`. Nothing here opens a file; `child` runs the rooms in a process apart."""
