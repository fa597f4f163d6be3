-- Why: people are told of an arrival only once its ten seconds for taking it back are over.
ALTER TABLE notification ADD COLUMN after TEXT;  -- an instant in ISO 8601, as the clinic wrote it: not to be shown before
