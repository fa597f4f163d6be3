-- What a treatment, a review, a friend, a birthday and coming bring is part of what the clinic promises.
ALTER TABLE loyalty_policy ADD COLUMN bonuses TEXT;
