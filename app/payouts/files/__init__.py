"""The files banks read and write, as pure values: one Batch in; bytes, a name and what was changed out."""
