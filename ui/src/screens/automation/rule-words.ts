/** A rule in the words of people: when, if, what. */
import type { Conditions } from '../../backend/bindings/Conditions';
import type { FollowupChoice } from '../../backend/bindings/FollowupChoice';
import type { Recipient } from '../../backend/bindings/Recipient';
import type { RuleRow } from '../../backend/bindings/RuleRow';
import type { RuleState } from '../../backend/bindings/RuleState';
import type { Target } from '../../backend/bindings/Target';
import { m } from '../../i18n';
import { actionName as journeyAction, channelName, stageName } from '../../i18n/words';

const KINDS: Record<string, () => string> = {
  scan_customer: m.rule_task_scan_customer,
  send_proposal: m.rule_task_send_proposal,
  prepare_treatment: m.rule_task_prepare_treatment,
  follow_up_upsell: m.rule_task_follow_up_upsell,
  customer_follow_up: m.rule_task_customer_follow_up,
  payment_reminder: m.rule_task_payment_reminder,
  appointment_reminder: m.rule_task_appointment_reminder,
  review_request: m.rule_task_review_request,
};
/** What the web system's eight words do not have. */
const ACTIONS: Record<string, () => string> = {
  open: m.rule_act_open,
  next_session: m.rule_act_next_session,
  no_show: m.rule_act_no_show,
  mark_lost: m.rule_act_mark_lost,
  cancel: m.rule_act_cancel,
  step_back: m.rule_act_step_back,
};
export const taskKindName = (kind: string) => KINDS[kind]?.() ?? kind;
export const actionName = (action: string) => ACTIONS[action]?.() ?? journeyAction(action);

export const RECIPIENTS: Record<Recipient, () => string> = {
  seller: m.rule_to_seller,
  beautician: m.rule_to_beautician,
  front_desk: m.rule_to_front_desk,
  sales: m.rule_to_sales,
  manager: m.rule_to_manager,
};
export const STATES: Record<RuleState, () => string> = {
  on: m.rule_state_on,
  off: m.rule_state_off,
  unstarted: m.rule_state_unstarted,
  broken: m.rule_state_broken,
};
/** Why a journey is left out of a dry run. */
const LEFT_OUT: Record<string, () => string> = {
  condition: m.rule_out_condition,
  closed: m.rule_out_closed,
  has_task: m.rule_out_has_task,
  move_not_allowed: m.rule_out_move_not_allowed,
  sessions_left: m.rule_out_sessions_left,
  condition_not_met: m.rule_out_condition_not_met,
  followup_off: m.rule_out_followup_off,
  do_not_contact: m.rule_out_do_not_contact,
  no_consent: m.rule_out_no_consent,
  planned_already: m.rule_out_planned_already,
  no_channel: m.rule_out_no_channel,
  did_already: m.rule_out_did_already,
  armed_already: m.rule_out_armed_already,
};
export const leftOut = (why: string) => LEFT_OUT[why]?.() ?? why;

/** Minutes as a person says them: the largest unit that divides them. */
export function span(minutes: number): string {
  if (minutes === 0) return m.rule_at_once();
  if (minutes % 1_440 === 0) return minutes === 1_440 ? m.rule_days_one() : m.rule_days({ count: minutes / 1_440 });
  if (minutes % 60 === 0) return minutes === 60 ? m.rule_hours_one() : m.rule_hours({ count: minutes / 60 });
  return minutes === 1 ? m.rule_minutes_one() : m.rule_minutes({ count: minutes });
}

export function when({ triggerStage, triggerAction, delayMinutes }: RuleRow): string {
  const stage = stageName(triggerStage);
  const entered = triggerAction
    ? m.rule_when_action({ stage, action: actionName(triggerAction) })
    : m.rule_when({ stage });
  return delayMinutes === 0 ? entered : m.rule_when_later({ entered, span: span(delayMinutes) });
}

export function what(target: Target, followups: readonly FollowupChoice[]): string {
  switch (target.target_action) {
    case 'create_task': {
      const { kind, to, due_minutes } = target.target_data;
      return m.rule_do_task({ kind: taskKindName(kind), to: RECIPIENTS[to](), span: span(due_minutes) });
    }
    case 'notify':
      return m.rule_do_notify({ to: RECIPIENTS[target.target_data.to](), text: target.target_data.text });
    case 'move':
      return m.rule_do_move({ action: actionName(target.target_data.action) });
    case 'plan_followup': {
      const { followup_rule, after_minutes } = target.target_data;
      const name = followups.find(({ id }) => id === followup_rule)?.name ?? m.rule_followup_unknown();
      return m.rule_do_followup({ name, span: span(after_minutes) });
    }
  }
}

/** Each condition as a line; none where there is nothing but that the journey stays. */
export function conditionLines(conditions: Conditions): string[] {
  const { seller, beautician, appointment, types, tags, not_visited_days, without_task } = conditions;
  const has = (said: boolean | undefined, yes: () => string, no: () => string) =>
    said === undefined ? [] : [said ? yes() : no()];
  return [
    conditions.stays === false ? m.rule_if_moved() : m.rule_if_stays(),
    ...has(seller, m.rule_if_seller, m.rule_if_no_seller),
    ...has(beautician, m.rule_if_beautician, m.rule_if_no_beautician),
    ...has(appointment, m.rule_if_appointment, m.rule_if_no_appointment),
    ...(types?.length ? [m.rule_if_types({ list: types.join(', ') })] : []),
    ...(tags?.length ? [m.rule_if_tags({ list: tags.join(', ') })] : []),
    ...(not_visited_days === undefined ? [] : [m.rule_if_away({ count: not_visited_days })]),
    ...(without_task === undefined ? [] : [m.rule_if_without_task({ kind: taskKindName(without_task) })]),
  ];
}

/** Through what, to whom, or whereto: the word of a dry run's share. */
export function shareName(word: string): string {
  const to = RECIPIENTS[word as Recipient];
  if (to) return to();
  const stage = stageName(word);
  return stage === word ? channelName(word) : stage;
}

/** How long a backfill of so many takes, at one a second. */
export const backfillSpan = (count: number) =>
  count < 60 ? m.rule_within_minute() : span(count < 7_200 ? Math.ceil(count / 60) : Math.ceil(count / 3_600) * 60);
