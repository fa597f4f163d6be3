/** The second line of an agenda row: what, where, with whom, which session. */
import type { AgendaRow } from '../../backend/bindings/AgendaRow';
import { m } from '../../i18n';
import { visitKind } from '../../i18n/words';

export function factsOf(row: AgendaRow): string[] {
  return [
    row.kind === null ? m.agenda_walk_in() : (row.service ?? visitKind(row.kind)),
    row.session ? m.agenda_session({ nth: row.session.nth, of: row.session.of }) : '',
    row.room ?? '',
    row.staff?.nickname ?? '',
  ].filter(Boolean);
}
