-- What a tier takes off a bill and what a point is worth when it pays are part of what the clinic promises, and the bill keeps what was taken off.
ALTER TABLE loyalty_policy ADD COLUMN discounts TEXT;
ALTER TABLE loyalty_policy ADD COLUMN redeem_satang INTEGER;
ALTER TABLE payment ADD COLUMN discount INTEGER;
ALTER TABLE payment ADD COLUMN discount_percent INTEGER;
