-- Why: only the points of a bill wake a task.
drop trigger desk_wake on desk.payment;
