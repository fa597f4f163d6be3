-- Where a journey stands by its rules: version counts its moves, stage_since is when it came into its stage, outcome how it ended (completed, lost,
-- cancelled; NULL while it is open), sessions of a course planned (NULL: not a course) and done, booked_at when she is expected.
ALTER TABLE journey ADD COLUMN version INTEGER;
ALTER TABLE journey ADD COLUMN stage_since INTEGER;
ALTER TABLE journey ADD COLUMN outcome TEXT;
ALTER TABLE journey ADD COLUMN reason TEXT;
ALTER TABLE journey ADD COLUMN title TEXT;
ALTER TABLE journey ADD COLUMN sessions_planned INTEGER;
ALTER TABLE journey ADD COLUMN sessions_done INTEGER;
ALTER TABLE journey ADD COLUMN booked_at INTEGER;
-- Which PC a step was done on, and the journey's version after it; NULL: from before the rules, told but not counted.
ALTER TABLE journey_action ADD COLUMN device TEXT;
ALTER TABLE journey_action ADD COLUMN version INTEGER;
