-- Why: the notification centre is the record of what was shown on the desktop, also where the clinic wrote no notification. So a subject that
-- is over is kept for a while, and so is that its person has seen it. Both are this PC's own: nothing of it goes to the clinic.
ALTER TABLE alert ADD COLUMN read_at INTEGER;  -- seen by its person; NULL: not yet, or shown again since
ALTER TABLE alert ADD COLUMN over_at INTEGER;  -- handled, here or elsewhere; forgotten some days later
