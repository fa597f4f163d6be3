-- Why: a task that sleeps until the customer pays was woken by the points of a bill, and a deposit gives none: it slept on. Any payment that gives nothing back wakes;
-- a bill's points have done so already by then, and what is awake is not told again.
create trigger desk_wake after insert on desk.payment for each row when (new.refunds is null) execute function desk.wake_for('payment');
