-- Which lot ended by an entry: what ended of a bill's points is not taken once more when the bill is given back.
ALTER TABLE point_entry ADD COLUMN ended_lot BLOB;
