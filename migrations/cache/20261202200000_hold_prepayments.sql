-- Why: a deposit or a gift card earns nothing until it pays a bill, and how much of it a customer has is said without the network too.
ALTER TABLE payment ADD COLUMN held_as TEXT;
ALTER TABLE payment ADD COLUMN held INTEGER;
