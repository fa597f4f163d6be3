-- Search and each card ask who somebody is now; a card also who is in this one.
CREATE INDEX merge_from ON merge (from_id) WHERE separated_at IS NULL;
CREATE INDEX merge_into ON merge (into_id);
