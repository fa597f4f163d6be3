-- Why: nobody asks for these any more.
delete from desk.action where name in ('lead.claim', 'lead.release', 'lead.answer', 'lead.unclaim', 'lead.unanswer');
drop function desk.apply_lead_unanswer(desk.member, jsonb);
drop function desk.apply_lead_unclaim(desk.member, jsonb);
drop function desk.tell_web_of_answer(desk.lead, timestamptz);
drop function desk.apply_lead_answer(desk.member, jsonb);
drop function desk.apply_lead_release(desk.member, jsonb);
drop function desk.apply_lead_claim(desk.member, jsonb);
drop function desk.locked_lead(desk.member, uuid);
drop table desk.lead_outcome;
