"""The fixed tables, in numbered steps: `0001_start.sql` and on. A step that was released is never changed."""
