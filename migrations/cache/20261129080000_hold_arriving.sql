-- Why: a large transaction of the clinic comes in several pages. Rows that waiting actions touch are taken in together, at the end of it: an
-- action done again on a balance that has it already would be shown twice.
CREATE TABLE arriving (
  scope TEXT NOT NULL,               -- the stream that brought it
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  op INTEGER NOT NULL,               -- 0 put, 1 deleted, 2 left the scope
  row TEXT,                          -- JSON array in column order; NULL where there is none
  PRIMARY KEY (scope, tbl, pk)
) STRICT, WITHOUT ROWID;
