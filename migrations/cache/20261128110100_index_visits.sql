-- Why: a day's visits, a booking's and a customer's are asked for at every look at the agenda and the card.
CREATE INDEX visit_day ON visit (day);
CREATE INDEX visit_customer ON visit (customer_id, arrived_at);
CREATE INDEX visit_booking ON visit (appointment_id);
