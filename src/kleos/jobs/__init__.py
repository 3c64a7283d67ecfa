"""Work that takes its time, done beside serving: durable, one after another for each game, taken up again when it was
cut off. The queue is procrastinate's, in PostgreSQL."""
