/** What can be done with a journey, on the board and on the customer's card alike: which dialog is open, and the move itself. */
import { asAppError, call } from '../../backend';
import type { AppError } from '../../backend/bindings/AppError';
import type { CustomerRef } from '../../backend/bindings/CustomerRef';
import type { JourneyBooking } from '../../backend/bindings/JourneyBooking';
import type { JourneyMove } from '../../backend/bindings/JourneyMove';
import type { JourneyShown } from '../../backend/bindings/JourneyShown';
import type { Offer } from '../../backend/bindings/Offer';
import type { Stage } from '../../backend/bindings/Stage';
import { m } from '../../i18n';
import { afterThai, beforeThai } from '../../i18n/spacing';
import { actionName, stageName } from '../../i18n/words';
import { sayFailed, saySaved } from '../../state/saving.svelte';
import { toasts } from '../../state/toasts.svelte';
import { booked, possible, whyNotTo } from './offers';

export type JourneyDialog = 'move' | 'why' | 'give';
type Open =
  | { dialog: 'move'; shown: JourneyShown; offers: Offer[] }
  | { dialog: 'step'; shown: JourneyShown; offer: Offer }
  | { dialog: 'booking'; shown: JourneyShown; moves: JourneyBooking | undefined }
  | { dialog: 'why'; shown: JourneyShown }
  | { dialog: 'give'; shown: JourneyShown }
  | { dialog: 'begin'; customer: CustomerRef };

/** What is said with a move, beside which one it is. */
export type Said = Omit<JourneyMove, 'id' | 'action' | 'expected'>;
const NOTHING: Said = { note: null, title: null, sessions: null, satang: null, bookedAt: null, beauticianId: null };

export const calledBy = ({ nickname, fullName }: CustomerRef) => nickname ?? fullName;

/** A name that has Thai words on both sides. */
export const inThai = (name: string) => beforeThai(afterThai(name));

export class JourneyActions {
  open = $state.raw<Open | undefined>();
  isBusy = $state(false);

  /** `shown` waits until what a move changed is on the screen behind the dialog: then both are painted at once, and not one after the other. */
  constructor(private readonly shown: () => Promise<void> = () => Promise.resolve()) {}

  close(): void {
    this.open = undefined;
  }

  begin(customer: CustomerRef): void {
    this.open = { dialog: 'begin', customer };
  }

  /** Opens a dialog on what the journey is now, not on what the list saw. */
  async start(dialog: JourneyDialog, id: string): Promise<void> {
    await this.#once(async () => {
      const shown = await call('journey_show', { id });
      this.open = dialog === 'move' ? { dialog, shown, offers: possible(shown) } : { dialog, shown };
    });
  }

  /** The functions behind the keys, for the selected journey. */
  keys(id: string) {
    return {
      move: () => void this.start('move', id),
      why: () => void this.start('why', id),
      give: () => void this.start('give', id),
    };
  }

  /** A card was dropped on a stage: the one move that leads there, a choice of several, or why there is none. */
  async drop(id: string, to: Stage): Promise<void> {
    let single: { shown: JourneyShown; offer: Offer } | undefined;
    await this.#once(async () => {
      const shown = await call('journey_show', { id });
      if (shown.journey.stage === to) return;
      const offers = possible(shown).filter((offer) => offer.to === to);
      const [first, second] = offers;
      if (!first) toasts.show({ tone: 'info', text: whyNotTo(shown, to) });
      else if (second) this.open = { dialog: 'move', shown, offers };
      else single = { shown, offer: first };
    });
    if (single) this.pick(single.shown, single.offer);
  }

  /** A move that asks nothing is done at once. One that is a booking is made as one, and the journey follows. */
  pick(shown: JourneyShown, offer: Offer): void {
    if (offer.asks.includes('booking')) {
      this.open = { dialog: 'booking', shown, moves: offer.action === 'reschedule' ? booked(shown) : undefined };
    } else if (offer.asks.length) this.open = { dialog: 'step', shown, offer };
    else void this.#moveAtOnce(shown, offer);
  }

  async #moveAtOnce(shown: JourneyShown, offer: Offer): Promise<void> {
    const error = await this.move(shown, offer);
    if (!error) return;
    this.close();
    sayFailed(error);
  }

  /** Moves, and says so; what was refused is answered. After a move by somebody else there is nothing to try again. */
  async move(shown: JourneyShown, { action, to }: Offer, said: Partial<Said> = {}): Promise<AppError | undefined> {
    const { id, version: expected, stage } = shown.journey;
    const name = calledBy(shown.customer);
    let refused: AppError | undefined;
    await this.#once(
      async () => {
        const saved = await call('journey_move', { id, action, expected, ...NOTHING, ...said });
        await this.shown();
        const isStill = to === null || to === stage;
        saySaved(
          isStill
            ? m.toast_journey_stays({ name, action: actionName(action) })
            : m.toast_journey_moved({ name: inThai(name), stage: stageName(to) }),
          saved,
        );
        this.close();
      },
      (error) => (refused = error),
    );
    if (refused?.code !== 'journey_changed') return refused;
    this.close();
    sayFailed(refused);
    return undefined;
  }

  /** A second press while the first is on its way does nothing. */
  async #once(work: () => Promise<void>, onerror: (error: AppError) => void = sayFailed): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    await work()
      .catch((thrown: unknown) => onerror(asAppError(thrown)))
      .finally(() => (this.isBusy = false));
  }
}
