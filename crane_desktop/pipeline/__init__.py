"""The line: acquire -> inspect -> record, and the balance of frames. No Qt, no torch."""
