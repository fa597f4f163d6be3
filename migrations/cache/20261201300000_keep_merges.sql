-- Two customers who are one person: who is in whom, since when, until when it can be undone, and that it was.
CREATE TABLE merge (
  id BLOB NOT NULL PRIMARY KEY,
  from_id BLOB,
  into_id BLOB,
  merged_at INTEGER,
  merged_by BLOB,
  until INTEGER,
  separated_at INTEGER,
  separated_by BLOB
) STRICT, WITHOUT ROWID;
