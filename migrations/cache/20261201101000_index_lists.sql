-- Why: a list says how long it is and what comes where without its rows being read. What the board counts, sorts and leaves out by, and what
-- orders the open tasks, stands in the index itself.
DROP INDEX journey_stage;
CREATE INDEX journey_board ON journey (stage, stage_since, id, customer_id, booked_at, sales_id, beautician_id, title);
DROP INDEX task_assigned;
CREATE INDEX task_open ON task (assigned_to, status, snoozed_until, due_at, priority, task_type, woken_by, journey_id);
