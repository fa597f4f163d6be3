/**
 * Every key of the window, by place: the one table that the listener, the footer and the key map read. A screen binds functions
 * to these names (`useKeys`); a key that is not here does not exist, and one without a function is shown nowhere.
 */
import { m } from '../i18n';
import { chord, type Chord } from './chord';

export interface KeyLine {
  caps: string[];
  chords: Chord[];
  label: () => string;
  /** Shown in the footer, most used first. */
  foot: boolean;
  /** Held down, it repeats. */
  repeats: boolean;
}

type More = { foot?: boolean; repeats?: boolean };

function key(caps: string, label: () => string, { foot = false, repeats = false }: More = {}): KeyLine {
  const list = caps.split(' | ');
  return { caps: list, chords: list.map(chord), label, foot, repeats };
}

/** The keys of every list, shown once in the key map. */
export const MOVEMENT = {
  up: key('↑', m.key_up, { repeats: true }),
  down: key('↓', m.key_down, { repeats: true, foot: true }),
  pageUp: key('PgUp', m.key_page_up, { repeats: true }),
  pageDown: key('PgDn', m.key_page_down, { repeats: true }),
  first: key('Home', m.key_first),
  last: key('End', m.key_last),
};
const taskActions = {
  complete: key('D | Space', m.key_done, { foot: true }),
  snooze: key('S', m.key_snooze, { foot: true }),
  reassign: key('A', m.key_reassign),
  note: key('N', m.key_note, { foot: true }),
  call: key('C', m.key_call, { foot: true }),
  why: key('W', m.key_why, { foot: true }),
  create: key('T', m.key_new_task),
};

const leadActions = {
  claim: key('A', m.key_claim, { foot: true }),
  call: key('C', m.key_call, { foot: true }),
  release: key('R', m.key_release),
};

const journeyActions = {
  move: key('M', m.key_move, { foot: true }),
  why: key('W', m.key_why_stage, { foot: true }),
  give: key('A', m.key_give_journey),
};

/** The two buttons of a refused action. */
const settling = {
  mine: key('1', m.key_mine, { foot: true }),
  theirs: key('2', m.key_theirs, { foot: true }),
};

export const KEYS = {
  everywhere: {
    search: key('Ctrl K | /', m.key_search),
    newCustomer: key('F2', m.key_new_customer),
    agenda: key('F3', m.key_agenda),
    tasks: key('F4', m.key_tasks),
    leads: key('F6', m.key_leads),
    rewards: key('F7', m.key_rewards),
    loyalty: key('Shift F7', m.key_loyalty),
    incoming: key('F8', m.key_incoming),
    notifications: key('Ctrl D', m.key_notifications),
    referrals: key('Shift F6', m.key_referrals),
    disturb: key('Ctrl Shift D', m.key_disturb),
    undo: key('Ctrl Z', m.key_undo),
    places: key('Ctrl 1 | Ctrl 2 | Ctrl 3 | Ctrl 4 | Ctrl 5 | Ctrl 6 | Ctrl 7 | Ctrl 8 | Ctrl 9', m.key_places),
    settings: key('Ctrl 0', m.key_settings),
    lock: key('F12', m.key_lock),
    keys: key('? | F1', m.key_keys),
    back: key('Alt ←', m.key_back),
  },
  today: {
    ...MOVEMENT,
    open: key('Enter', m.key_open, { foot: true }),
    ...taskActions,
    call: leadActions.call,
    release: leadActions.release,
    cancel: key('X', m.key_cancel),
    ...settling,
    showNew: key('U', m.key_show_new),
  },
  agenda: {
    ...MOVEMENT,
    checkIn: key('Space', m.key_check_in, { foot: true }),
    start: key('S', m.key_start, { foot: true }),
    finish: key('D', m.key_finish, { foot: true }),
    open: key('Enter', m.key_open_customer, { foot: true }),
    noShow: key('X', m.key_no_show, { foot: true }),
    left: key('L', m.key_left),
    move: key('R', m.key_move_booking),
    book: key('B', m.key_book, { foot: true }),
    cancelBooking: key('Delete', m.key_cancel_booking),
    dayBefore: key('←', m.key_day_before),
    dayAfter: key('→', m.key_day_after),
    thisDay: key('T', m.key_this_day),
    leave: key('Esc', m.key_back),
  },
  tasks: {
    ...MOVEMENT,
    begin: key('Enter', m.key_begin, { foot: true }),
    open: key('O', m.key_open_customer),
    ...taskActions,
    all: key('G', m.key_all_tasks),
    whose: key('M', m.key_whose),
    tabs: key('Alt 1 | Alt 2 | Alt 3', m.key_tabs),
    leave: key('Esc', m.key_back),
  },
  leads: {
    ...MOVEMENT,
    open: key('Enter', m.key_open, { foot: true }),
    ...leadActions,
    snooze: key('S', m.key_snooze, { foot: true }),
    showNew: key('U', m.key_show_new),
    leave: key('Esc', m.key_back),
  },
  journeys: {
    stages: key('← | →', m.key_stages, { repeats: true, foot: true }),
    cards: key('↑ | ↓', m.key_cards, { repeats: true, foot: true }),
    pageUp: MOVEMENT.pageUp,
    pageDown: MOVEMENT.pageDown,
    first: MOVEMENT.first,
    last: MOVEMENT.last,
    open: key('Enter', m.key_open_customer, { foot: true }),
    ...journeyActions,
    whose: key('G', m.key_board_whose),
    over: key('O', m.key_board_over),
    service: key('F', m.key_board_service, { foot: true }),
    leave: key('Esc', m.key_back),
  },
  search: {
    up: MOVEMENT.up,
    down: MOVEMENT.down,
    open: key('Enter', m.key_open, { foot: true }),
    nth: key('Alt 1 | Alt 2 | Alt 3 | Alt 4 | Alt 5 | Alt 6 | Alt 7 | Alt 8 | Alt 9', m.key_nth),
    create: key('F2', m.key_create_typed),
    leave: key('Esc', m.key_close_search),
  },
  card: {
    checkIn: key('I', m.key_check_in, { foot: true }),
    book: key('B', m.key_book),
    award: key('F9', m.key_award, { foot: true }),
    refund: key('Shift F9', m.key_refund),
    receipt: key('Ctrl P', m.key_receipt),
    friends: key('F', m.key_friends),
    memberCard: key('Q', m.key_member_card),
    merge: key('X', m.key_merge),
    redeem: key('R', m.key_redeem, { foot: true }),
    useCode: key('U', m.key_use_code),
    givePoints: key('G', m.key_give_points),
    secondPerson: key('Shift G', m.key_second_person),
    edit: key('E', m.key_edit, { foot: true }),
    note: key('N', m.key_note, { foot: true }),
    call: key('C', m.key_call, { foot: true }),
    create: key('T', m.key_new_task),
    points: key('P', m.key_points, { foot: true }),
    ...journeyActions,
    begin: key('J', m.key_begin_journey),
    tabs: key('Alt 1 | Alt 2 | Alt 3 | Alt 4 | Alt 5 | Alt 6 | Alt 7', m.key_tabs),
    leave: key('Esc', m.key_back, { foot: true }),
  },
  notifications: {
    ...MOVEMENT,
    open: key('Enter', m.key_open, { foot: true }),
    read: key('D | Space', m.key_read, { foot: true }),
    readAll: key('Ctrl Enter', m.key_read_all, { foot: true }),
    dismiss: key('Delete', m.key_dismiss, { foot: true }),
    whose: key('M', m.key_unread_only),
    mute: key('Q', m.key_mute, { foot: true }),
    keep: key('K', m.key_keep),
    leave: key('Esc', m.key_back),
  },
  automation: {
    ...MOVEMENT,
    open: key('Enter', m.key_rule_edit, { foot: true }),
    trial: key('D', m.key_rule_trial, { foot: true }),
    off: key('S', m.key_rule_off, { foot: true }),
    create: key('N', m.key_rule_new, { foot: true }),
    leave: key('Esc', m.key_back),
  },
  referrals: {
    ...MOVEMENT,
    open: key('Enter', m.key_open_customer),
    pay: key('P', m.key_referral_pay, { foot: true }),
    refuse: key('X', m.key_referral_refuse, { foot: true }),
    leave: key('Esc', m.key_back),
  },
  loyalty: {
    report: key('1', m.key_loyalty_report, { foot: true }),
    policy: key('2', m.key_loyalty_policy, { foot: true }),
    edit: key('N', m.key_policy_edit, { foot: true }),
    leave: key('Esc', m.key_back, { foot: true }),
  },
  rewards: {
    ...MOVEMENT,
    open: key('Enter', m.key_reward_edit, { foot: true }),
    create: key('N', m.key_reward_new, { foot: true }),
    end: key('S', m.key_reward_end, { foot: true }),
    usual: key('U', m.key_reward_usual, { foot: true }),
    tabs: key('Alt 1 | Alt 2', m.key_tabs),
    leave: key('Esc', m.key_back, { foot: true }),
  },
  sync: {
    up: MOVEMENT.up,
    down: MOVEMENT.down,
    open: key('Enter', m.key_open_customer),
    ...settling,
    now: key('R', m.key_sync_now, { foot: true }),
    leave: key('Esc', m.key_back, { foot: true }),
  },
  settings: {
    leave: key('Esc', m.key_back, { foot: true }),
  },
  lock: {
    up: key('↑', m.key_person_up),
    down: key('↓', m.key_person_down),
    digits: key('0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9', m.key_digits),
    erase: key('Backspace', m.key_erase, { repeats: true }),
  },
  dialog: {
    save: key('Ctrl Enter', m.key_save),
    nth: key('Alt 1 | Alt 2 | Alt 3 | Alt 4', m.key_pay_method),
    kind: key('Alt 5 | Alt 6 | Alt 7', m.key_pay_for),
    held: key('Alt 8', m.key_pay_held),
    tier: key('Alt 9', m.key_pay_tier),
    print: key('Ctrl P', m.key_print),
    dial: key('C', m.key_dial),
    leave: key('Esc', m.key_close),
  },
} as const satisfies Record<string, Record<string, KeyLine>>;

export type KeyPlace = keyof typeof KEYS;
export type KeyName<P extends KeyPlace> = keyof (typeof KEYS)[P] & string;

/** What each place is called in the key map. */
export const PLACE_NAMES: Record<KeyPlace, () => string> = {
  everywhere: m.place_everywhere,
  today: m.place_today,
  agenda: m.place_agenda,
  tasks: m.place_tasks,
  leads: m.place_leads,
  journeys: m.place_journeys,
  search: m.place_search,
  card: m.place_card,
  notifications: m.place_notifications,
  automation: m.place_automation,
  referrals: m.place_referrals,
  rewards: m.place_rewards,
  loyalty: m.place_loyalty,
  sync: m.place_sync,
  settings: m.place_settings,
  lock: m.place_lock,
  dialog: m.place_dialog,
};

/** How the caps of a line are drawn: long rows of digits as a range. */
export function shownCaps(line: KeyLine): string[] {
  if (line.caps.length < 4 && !(line.caps.length === 3 && line.caps[0]?.startsWith('Alt'))) return line.caps;
  return [`${line.caps[0]}–${line.caps.at(-1)?.split(' ').at(-1)}`];
}
