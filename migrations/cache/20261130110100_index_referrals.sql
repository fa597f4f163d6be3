-- A card asks who sent this customer, whom they sent and what they have achieved; a manager for those that wait; the counter whose code was told.
CREATE INDEX referral_friend ON referral (friend_id);
CREATE INDEX referral_referrer ON referral (referrer_id);
CREATE INDEX referral_review ON referral (made_at) WHERE state = 'review';
CREATE INDEX achieved_customer ON achieved (customer_id);
CREATE INDEX loyalty_profile_code ON loyalty_profile (referral_code) WHERE referral_code IS NOT NULL;
