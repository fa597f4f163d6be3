/** The places of the rail, in order: what they are called, how to go there, which key does the same. */
import Bell from '@lucide/svelte/icons/bell';
import CalendarDays from '@lucide/svelte/icons/calendar-days';
import Columns3 from '@lucide/svelte/icons/columns-3';
import Contact from '@lucide/svelte/icons/contact';
import Flame from '@lucide/svelte/icons/flame';
import Gem from '@lucide/svelte/icons/gem';
import ListChecks from '@lucide/svelte/icons/list-checks';
import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import Settings2 from '@lucide/svelte/icons/settings-2';
import Sun from '@lucide/svelte/icons/sun';
import Workflow from '@lucide/svelte/icons/workflow';
import type { Role } from '../backend/bindings/Role';
import { m } from '../i18n';
import { route, type Place } from '../state/route.svelte';

export const PLACES = [
  { name: 'today', label: m.rail_today, icon: Sun, cap: undefined, go: () => route.go({ name: 'today' }) },
  { name: 'agenda', label: m.rail_agenda, icon: CalendarDays, cap: 'F3', go: () => route.go({ name: 'agenda' }) },
  { name: 'tasks', label: m.rail_tasks, icon: ListChecks, cap: 'F4', go: () => route.go({ name: 'tasks' }) },
  { name: 'leads', label: m.rail_leads, icon: Flame, cap: 'F6', go: () => route.go({ name: 'leads' }) },
  {
    name: 'journeys',
    label: m.rail_journeys,
    icon: Columns3,
    cap: undefined,
    go: () => route.go({ name: 'journeys' }),
  },
  { name: 'card', label: m.rail_customers, icon: Contact, cap: undefined, go: () => void (route.overlay = 'search') },
  {
    name: 'notifications',
    label: m.rail_notifications,
    icon: Bell,
    cap: 'Ctrl D',
    go: () => route.go({ name: 'notifications' }),
  },
  {
    name: 'automation',
    label: m.rail_automation,
    icon: Workflow,
    cap: undefined,
    go: () => route.go({ name: 'automation' }),
  },
  { name: 'sync', label: m.rail_sync, icon: RefreshCw, cap: undefined, go: () => route.go({ name: 'sync' }) },
  { name: 'loyalty', label: m.rail_loyalty, icon: Gem, cap: 'Shift F7', go: () => route.go({ name: 'loyalty' }) },
  {
    name: 'settings',
    label: m.rail_settings,
    icon: Settings2,
    cap: undefined,
    go: () => route.go({ name: 'settings' }),
  },
] as const satisfies {
  name: Place['name'];
  label: () => string;
  icon: unknown;
  cap: string | undefined;
  go: () => void;
}[];

/** Who answers for the clinic. */
export const isHead = (role: Role | undefined) => role === 'owner' || role === 'manager';

const HEADS: readonly string[] = ['automation', 'loyalty'];

/** The places that somebody sees: what the clinic does by itself, and what it owes its members, is for those who answer for it. */
export const placesOf = (role: Role | undefined) => PLACES.filter(({ name }) => !HEADS.includes(name) || isHead(role));
