-- Days without contact after which this PC locks.
ALTER TABLE clinic ADD COLUMN days_unseen INTEGER;
