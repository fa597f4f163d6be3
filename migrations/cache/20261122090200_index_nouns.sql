-- Indexes of the nouns, apart from the tables: a first load fills the tables first, which is twice as fast as filling both.
CREATE INDEX journey_customer ON journey (customer_id, updated_at);
CREATE INDEX journey_action_journey ON journey_action (journey_id, performed_at);
CREATE INDEX task_assigned ON task (assigned_to, status);
CREATE INDEX task_status ON task (status, completed_at);
CREATE INDEX task_journey ON task (journey_id);
CREATE INDEX followup_due ON followup (status, scheduled_at);
CREATE INDEX followup_customer ON followup (customer_id, scheduled_at);
CREATE UNIQUE INDEX loyalty_profile_customer ON loyalty_profile (customer_id);
CREATE INDEX point_entry_customer ON point_entry (customer_id, created_at);
CREATE INDEX notification_person ON notification (user_id, is_read, created_at);
CREATE INDEX appointment_day ON appointment (date, start_time);
CREATE INDEX appointment_customer ON appointment (customer_id, date);
CREATE INDEX lead_open ON lead (status, is_hot, created_at);
CREATE INDEX preference_customer ON preference (customer_id);
