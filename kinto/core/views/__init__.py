"""Views of the core: utilities, batch and errors. Found by a scan, in no particular order."""
