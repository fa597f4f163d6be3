-- A card asks for one customer's codes, a receipt for those of one payment.
CREATE INDEX coupon_customer ON coupon (customer_id);
CREATE INDEX coupon_payment ON coupon (payment_id) WHERE payment_id IS NOT NULL;
