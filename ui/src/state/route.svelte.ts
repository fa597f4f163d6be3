/** Where the window is, and how it got there. Kept in memory: a desktop program has no address bar. */

import type { Whose } from '../backend/bindings/Whose';
import type { HistoryTab } from '../screens/card/history';
import { m } from '../i18n';
import { toasts } from './toasts.svelte';

export type Place =
  | { name: 'today'; select?: string }
  | { name: 'agenda'; select?: string }
  | { name: 'tasks'; select?: string }
  | { name: 'leads'; select?: string }
  | { name: 'journeys'; select?: string }
  | { name: 'card'; id: string; tab?: HistoryTab }
  | { name: 'notifications' }
  | { name: 'automation' }
  | { name: 'referrals' }
  | { name: 'rewards' }
  | { name: 'loyalty' }
  | { name: 'sync' }
  | { name: 'settings' };

/** What lies over the screen, if anything. */
export type Overlay = 'search' | 'new-customer' | 'keys' | 'caller';

class Route {
  place = $state.raw<Place>({ name: 'today' });
  overlay = $state<Overlay | undefined>();
  /** The number that rings, where a telephone system gave it. */
  ringing = $state('');
  /** Which draft the form of a new customer shows, what was given to it at its beginning, and the lead that it is made of. */
  newCustomer = $state.raw<{ place: string; given: Partial<Record<string, string>>; lead?: string }>({
    place: 'new-customer',
    given: {},
  });
  /** Customers opened last, newest first: what the empty search shows. */
  opened = $state.raw<string[]>([]);
  /** How the board was left: whose journeys, for what, and which card was selected. */
  board: { whose: Whose; onlyOver: boolean; service: string | undefined; chosen: string | undefined } | undefined;
  #back: Place[] = [];

  go(place: Place): void {
    this.overlay = undefined;
    if (JSON.stringify(place) === JSON.stringify(this.place)) return;
    this.#back.push(this.place);
    this.place = place;
    if (place.name === 'card') this.opened = [place.id, ...this.opened.filter((id) => id !== place.id)].slice(0, 5);
  }

  /** The same place under its right name: the way back does not lead through the old one. */
  replace(place: Place): void {
    this.place = place;
  }

  back(): void {
    this.place = this.#back.pop() ?? { name: 'today' };
  }

  /** A call comes in; what is on the screen stays under it. */
  ring(number = ''): void {
    // Who is on the line is not put aside by the next who calls.
    if (number && this.overlay === 'caller') {
      toasts.show({ tone: 'info', text: m.caller_another({ number }) });
      return;
    }
    this.ringing = number;
    this.overlay = 'caller';
  }

  /** A fresh start for the next person. */
  reset(): void {
    this.#back = [];
    this.opened = [];
    this.board = undefined;
    this.overlay = undefined;
    this.place = { name: 'today' };
  }

  /** Goes where a notification or a toast leads: `/leads/<id>`, `/journeys/<id>`, `/customers/<id>`, `/tasks/<id>`, `/today`. */
  open(path: string): void {
    const [, kind, id] = path.split('/');
    if (kind === 'customers' && id) this.go({ name: 'card', id });
    else if (kind === 'agenda') this.go(id ? { name: 'agenda', select: id } : { name: 'agenda' });
    else if (kind === 'tasks' && id) this.go({ name: 'tasks', select: id });
    else if (kind === 'leads') this.go(id ? { name: 'leads', select: id } : { name: 'leads' });
    else if (kind === 'journeys') this.go(id ? { name: 'journeys', select: id } : { name: 'journeys' });
    else if (kind === 'followups' && id) this.go({ name: 'today', select: id });
    else if (kind === 'referrals') this.go({ name: 'referrals' });
    else if (kind === 'rewards') this.go({ name: 'rewards' });
    else if (kind === 'automation') this.go({ name: 'automation' });
    else if (kind === 'loyalty') this.go({ name: 'loyalty' });
    else if (kind === 'tasks') this.go({ name: 'tasks' });
    else if (kind === 'call') this.ring(decodeURIComponent(id ?? ''));
    else if (kind === 'sync') this.go({ name: 'sync' });
    else if (kind === 'notifications') this.go({ name: 'notifications' });
    else this.go({ name: 'today' });
  }
}

export const route = new Route();
