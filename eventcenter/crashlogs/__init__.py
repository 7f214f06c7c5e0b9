"""What containers wrote before they died: fetched once when an event tells of it and kept with the event, because the
Pod may be gone when somebody looks; and read live when somebody asks."""
