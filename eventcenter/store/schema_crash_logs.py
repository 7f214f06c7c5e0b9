"""The table of the migration `crash_logs`: a row for an event whose container's log was kept."""

CRASH_LOGS = """
CREATE TABLE crash_log (
    eid INTEGER PRIMARY KEY,
    container TEXT NOT NULL,
    run TEXT NOT NULL,
    previous INTEGER NOT NULL,
    time INTEGER NOT NULL,
    truncated INTEGER NOT NULL,
    size INTEGER GENERATED ALWAYS AS (length(text)) VIRTUAL,
    text BLOB NOT NULL
) STRICT;
CREATE INDEX crash_log_oldest ON crash_log (time, eid, size);
"""
