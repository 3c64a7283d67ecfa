"""The web UI as the server gives it: the built files, the addresses that are pages, pictures for shared links."""
