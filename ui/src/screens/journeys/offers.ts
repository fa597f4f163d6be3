/** What can be done with a journey, sorted for a menu or for a column that it was dropped on, and why the rest cannot. */
import type { JourneyBooking } from '../../backend/bindings/JourneyBooking';
import type { JourneyShown } from '../../backend/bindings/JourneyShown';
import type { Offer } from '../../backend/bindings/Offer';
import type { Stage } from '../../backend/bindings/Stage';
import type { StageMove } from '../../backend/bindings/StageMove';
import { m } from '../../i18n';
import { sentenceOf } from '../../i18n/codes';
import { isoDay, time } from '../../i18n/dates';
import { actionName, STAGES, stageName } from '../../i18n/words';

/** Where an action leads. A refused offer names no stage; whoever dropped a card on one wants to hear why it is refused. */
const LEADS_TO: Record<Exclude<StageMove, 'step_back'>, Stage> = {
  open: 'lead_created',
  scan_customer: 'scanned',
  send_proposal: 'proposal_sent',
  confirm_payment: 'payment_confirmed',
  schedule_appointment: 'treatment_scheduled',
  start_treatment: 'in_treatment',
  complete_treatment: 'treatment_completed',
  send_follow_up: 'follow_up',
  close_case: 'completed',
  next_session: 'treatment_scheduled',
  reschedule: 'treatment_scheduled',
  no_show: 'payment_confirmed',
  mark_lost: 'completed',
  cancel: 'completed',
};
/** Of what does not follow from here there is nothing to say. */
const IS_ELSEWHERE = ['move_not_allowed', 'journey_closed'];

export const possible = ({ offers }: JourneyShown): Offer[] => offers.filter(({ to }) => to !== null);

/** The booking that the journey waits for: the one of the time it says, else the next. None where that time was never booked. */
export function booked({ journey: { bookedAt }, bookings }: JourneyShown): JourneyBooking | undefined {
  const treatments = bookings.filter(({ kind }) => kind === 'treatment');
  const at = bookedAt === null ? '' : `${isoDay(bookedAt)} ${time(bookedAt)}`;
  return treatments.find((one) => `${one.date} ${one.time}` === at) ?? treatments[0];
}

/** What would follow from here, were it not for somebody's role or for something that is lacking. */
export const hindered = ({ offers }: JourneyShown): Offer[] =>
  offers.filter(({ refusal }) => refusal !== null && !IS_ELSEWHERE.includes(refusal.code));

export const whyNot = ({ refusal }: Offer): string => (refusal ? sentenceOf(refusal.code, refusal.fields).what : '');

function leadsTo({ action }: Offer, from: string): Stage | undefined {
  if (action !== 'step_back') return LEADS_TO[action];
  return STAGES[STAGES.findIndex((stage) => stage === from) - 1];
}

/** Why a journey cannot come to a stage, in one sentence: what is refused on the way there, or that no way leads there. */
export function whyNotTo(shown: JourneyShown, to: Stage): string {
  const from = shown.journey.stage;
  const closed = from === 'completed' && shown.offers.find(({ refusal }) => refusal?.code === 'journey_closed');
  const refused = hindered(shown).find((offer) => leadsTo(offer, from) === to) ?? closed;
  return refused ? whyNot(refused) : m.board_no_way({ from: stageName(from), to: stageName(to) });
}

/** An offer as a line of a menu: what is done, and where it leads. */
export const asOption = ({ action, to }: Offer) => ({
  value: action,
  label: actionName(action),
  fact: to ? m.board_leads_to({ stage: stageName(to) }) : '',
});
