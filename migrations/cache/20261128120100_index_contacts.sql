CREATE INDEX contact_customer ON contact (customer_id, at);
CREATE INDEX task_follows ON task (follows) WHERE follows IS NOT NULL;
