-- Why: the list of leads is derived from the web system's tables, which stay.
do $$ declare t text; begin
  foreach t in array array['lead_scoring_data', 'sales_leads'] loop
    if to_regclass('public.' || t) is not null then execute format('drop trigger if exists desk_lead on public.%I', t); end if;
  end loop;
end $$;
drop trigger desk_lead on public.workflow_states;
drop trigger desk_lead_left on public.workflow_states;
drop function desk.catch_journey_lead();
drop function desk.catch_lead();
drop function desk.number_in(text);
drop function desk.record_lead(uuid, text, text, text, text, integer, jsonb, text, uuid, uuid, text);
drop function desk.lead_signals(jsonb);
drop table desk.lead;
drop function desk.tell_hot_lead();
drop function desk.short_name(text);
