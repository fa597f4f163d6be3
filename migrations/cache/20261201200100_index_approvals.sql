CREATE INDEX approval_customer ON approval (customer_id);
CREATE INDEX approval_asker ON approval (asked_by, asked_at);
CREATE INDEX point_entry_giver ON point_entry (given_by, created_at) WHERE given_by IS NOT NULL;
