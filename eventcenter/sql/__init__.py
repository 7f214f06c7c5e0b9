"""SQL after the pipe: Presto's dialect as the hosted event center takes it, checked and translated. Pure: knows neither
SQLite's connection nor the tables of the store; `store.console` runs what comes out.

sqlglot is imported with the first query only (about 12 MB that an idle center does without)."""
