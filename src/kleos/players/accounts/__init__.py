"""People: accounts, passwords, sessions. An account is one player of the server's own namespace."""
