/** What can be done with a line of the agenda. Each says at once what happened and how to take it back; a refusal says why. */
import { call, onChanged } from '../../backend';
import type { AgendaRow } from '../../backend/bindings/AgendaRow';
import type { Saved } from '../../backend/bindings/Saved';
import { m } from '../../i18n';
import { clock } from '../../state/clock.svelte';
import { Saving, sayFailed, saySaved } from '../../state/saving.svelte';
import { toasts } from '../../state/toasts.svelte';
import { undo } from '../../state/undo.svelte';
import { isExpected, standingAt } from './standing';

export type BookingDialog = 'left' | 'cancel' | 'move' | 'book';

const nameOf = ({ customer }: AgendaRow) => customer.nickname ?? customer.fullName;

/** Checks somebody in and says so with their number, as soon as the clinic has given one. */
export async function checkIn(saving: Saving, customerId: string, bookingId: string | null, slot: string | null) {
  const saved = await saving.run('visit_check_in', { customerId, bookingId, slot });
  if (!saved) {
    if (saving.error) sayFailed(saving.error);
    return;
  }
  const number = await numberOf(saved.id);
  saySaved(number ?? m.toast_checked_in_unnumbered(), saved);
  if (!number) follow(saved);
}

async function numberOf(visit: string): Promise<string | undefined> {
  const { queue } = await call('visit_number', { id: visit }).catch(() => ({ queue: null }));
  return queue === null ? undefined : m.toast_checked_in({ queue });
}

/** The toast learns the number while it stands. */
function follow(saved: Saved): void {
  const stop = onChanged((topics) => {
    if (!saved.undo || toasts.current?.undo !== saved.undo) stop();
    else if (topics.includes('agenda')) void numberOf(saved.id).then((text) => text && learn(saved, text, stop));
  });
}

function learn(saved: Saved, text: string, stop: () => void): void {
  if (toasts.current?.undo === saved.undo) toasts.amend({ tone: 'done', text, detail: undefined });
  stop();
}

export class AgendaActions {
  readonly saving = new Saving();
  open = $state.raw<{ dialog: BookingDialog; row: AgendaRow | undefined } | undefined>();

  start(dialog: BookingDialog, row: AgendaRow | undefined): void {
    this.open = { dialog, row };
  }

  close(): void {
    this.open = undefined;
  }

  async checkIn(row: AgendaRow): Promise<void> {
    await checkIn(this.saving, row.customer.id, row.bookingId, row.slot);
  }

  /** Space once more: the check-in was a mistake. Only who made it can say so. */
  takeBack(row: AgendaRow): void {
    if (row.undo !== null) void undo(row.undo);
    else toasts.show({ tone: 'info', text: m.undo_only_own(), detail: m.undo_only_own_next() });
  }

  async begin(row: AgendaRow): Promise<void> {
    await this.#visit('visit_start', row, m.toast_started({ name: nameOf(row) }));
  }

  async finish(row: AgendaRow): Promise<void> {
    await this.#visit('visit_finish', row, m.toast_finished({ name: nameOf(row) }));
  }

  async noShow(row: AgendaRow): Promise<void> {
    if (row.bookingId === null) return;
    const saved = await this.saving.run('appointment_no_show', { id: row.bookingId, slot: row.slot });
    this.#say(saved, m.toast_no_show({ name: nameOf(row) }));
  }

  async #visit(name: 'visit_start' | 'visit_finish', row: AgendaRow, text: string): Promise<void> {
    if (row.visitId === null) return;
    this.#say(await this.saving.run(name, { id: row.visitId }), text);
  }

  #say(saved: Saved | undefined, text: string): void {
    if (saved) saySaved(text, saved);
    else if (this.saving.error) sayFailed(this.saving.error);
  }

  /** The keys of a line. What the state forbids still answers, with the reason. */
  keys(row: AgendaRow | undefined) {
    if (!row) return {};
    const standing = standingAt(row, clock.now);
    const isHere = standing === 'waiting' || standing === 'serving';
    const takeBack = Object.assign(() => this.takeBack(row), { label: m.key_undo_check_in });
    return {
      checkIn:
        standing === 'waiting'
          ? takeBack
          : isExpected(standing) || standing === 'no_show' || standing === 'left'
            ? () => void this.checkIn(row)
            : undefined,
      start: isHere || standing === 'done' ? () => void this.begin(row) : undefined,
      finish: isHere || standing === 'done' ? () => void this.finish(row) : undefined,
      left: standing === 'waiting' ? () => this.start('left', row) : undefined,
      noShow: row.bookingId !== null && !isHere && standing !== 'done' ? () => void this.noShow(row) : undefined,
    };
  }
}
