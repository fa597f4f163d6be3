-- Why: what this PC told by itself can be put away like a notification of the clinic's. This PC's own: nothing of it goes to the clinic.
ALTER TABLE alert ADD COLUMN dismissed_at INTEGER;  -- put away by its person; NULL: not, or shown again since
