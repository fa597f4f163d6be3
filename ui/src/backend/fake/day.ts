/** What is on at the fake clinic on the morning of Thursday 1 October 2026: leads, follow-ups, tasks, journeys, notifications. */
import type { Appointment } from '../bindings/Appointment';
import type { AttentionRow } from '../bindings/AttentionRow';
import type { CustomerRef } from '../bindings/CustomerRef';
import type { FollowupRow } from '../bindings/FollowupRow';
import type { NotificationRow } from '../bindings/NotificationRow';
import type { StaffRef } from '../bindings/StaffRef';
import type { TaskRow } from '../bindings/TaskRow';
import type { FakeEntry } from './ledger';
import { CAST, OTHERS, PEOPLE } from './people';

/** An instant of the clinic's clock, in October 2026 unless a whole date is given. */
export function at(clock: string): number {
  return Date.parse(`${clock.length > 5 ? clock.replace(' ', 'T') : `2026-10-01T${clock}`}:00+07:00`);
}

export const OPENING = at('10:23') + 53_000;

export function staff(id: string): StaffRef {
  const found = PEOPLE.find((person) => person.id === id);
  return { id, nickname: found?.nickname ?? '', role: found?.role ?? 'front_desk' };
}

export function ref(id: string): CustomerRef {
  const found = [...CAST, ...OTHERS].find((of) => of.id === id);
  return {
    id,
    fullName: found?.fullName ?? id,
    nickname: found?.nickname ?? null,
    doNotContact: found?.preference?.doNotContact ?? false,
  };
}

export function followups(): FollowupRow[] {
  const row = (part: Partial<FollowupRow> & Pick<FollowupRow, 'id' | 'customer' | 'kind' | 'rule'>): FollowupRow => ({
    channel: 'call',
    message: null,
    scheduledAt: at('10:30'),
    status: 'pending',
    executedAt: null,
    isDue: false,
    reasons: [{ code: 'rule', name: part.rule }],
    isWaiting: false,
    ...part,
  });
  return [
    row({
      id: 'f1',
      customer: ref('c5'),
      kind: 'post_treatment',
      rule: 'หลังเลเซอร์ วันที่ 3',
      scheduledAt: at('10:00'),
      isDue: true,
      message: 'ถามรอยแดง และการทากันแดดหลังทำเลเซอร์',
      reasons: [
        { code: 'rule', name: 'หลังเลเซอร์ วันที่ 3' },
        { code: 'fact', text: 'แพทย์ขอให้ถามรอยแดง' },
      ],
    }),
    row({ id: 'f2', customer: ref('x9'), kind: 'post_treatment', rule: 'วิธีดูแลหลังทำ ครั้งที่ 2', scheduledAt: at('11:00') }),
    row({
      id: 'f3',
      customer: ref('c4'),
      kind: 'appointment_reminder',
      rule: 'ตอบเรื่องเวลานัด',
      channel: 'line',
      scheduledAt: at('14:00'),
      reasons: [{ code: 'do_not_contact' }, { code: 'rule', name: 'ตอบเรื่องเวลานัด' }],
    }),
    row({
      id: 'f4',
      customer: ref('c1'),
      kind: 'post_treatment',
      rule: 'หลัง HydraFacial วันที่ 1',
      status: 'delivered',
      scheduledAt: at('2026-09-15 10:00'),
      executedAt: at('2026-09-15 10:20'),
    }),
  ];
}

export function tasks(): TaskRow[] {
  const row = (part: Partial<TaskRow> & Pick<TaskRow, 'id' | 'title' | 'reasons'>): TaskRow => ({
    kind: 'customer_follow_up',
    description: null,
    priority: 'medium',
    status: 'pending',
    dueAt: null,
    snoozedUntil: null,
    isOverdue: false,
    customer: null,
    assignedTo: staff('p-nok'),
    completedAt: null,
    notes: null,
    isWaiting: false,
    isCall: true,
    startedBy: null,
    ...part,
  });
  return [
    row({
      id: 't1',
      title: 'เก็บยอดค้าง 1,500.00',
      customer: ref('x2'),
      priority: 'critical',
      dueAt: at('10:00'),
      isOverdue: true,
      notes: '30/09 17:20 บีม: โทรแล้ว จะชำระตอนมาวันนี้',
      reasons: [
        { code: 'overdue', since: at('10:00') },
        { code: 'urgent', priority: 'critical' },
        { code: 'booked_today', time: '10:00' },
      ],
    }),
    row({
      id: 't2',
      title: 'บอกเรื่องแต้มใกล้หมดอายุ',
      customer: ref('c1'),
      priority: 'high',
      dueAt: at('10:30'),
      description: '100 แต้มหมดอายุ 31 ต.ค. 2569 บอกตอนเช็กอินได้เลย',
      reasons: [
        { code: 'due_at', at: at('10:30') },
        { code: 'booked_today', time: '10:30' },
        { code: 'stage', stage: 'treatment_scheduled' },
      ],
    }),
    row({
      id: 't3',
      title: 'ตรวจชื่อซ้ำ',
      customer: ref('c6a'),
      dueAt: at('15:00'),
      reasons: [
        { code: 'due_at', at: at('15:00') },
        { code: 'fact', text: 'เบอร์เดียวกันและชื่อเดียวกัน' },
      ],
    }),
    row({
      id: 't4',
      title: 'ถามเรื่องเลเซอร์หลังทำเสร็จ',
      customer: ref('c1'),
      dueAt: at('16:00'),
      reasons: [
        { code: 'woke', at: at('09:00'), because: null },
        { code: 'stage', stage: 'treatment_scheduled' },
      ],
    }),
    row({
      id: 't5',
      title: 'ส่งใบเสนอราคา Ultherapy',
      customer: ref('x14'),
      priority: 'low',
      dueAt: at('17:30'),
      reasons: [{ code: 'due_at', at: at('17:30') }],
    }),
    row({
      id: 't6',
      title: 'โทรยืนยันนัดพรุ่งนี้',
      customer: ref('x5'),
      dueAt: at('2026-10-02 11:00'),
      reasons: [{ code: 'due_at', at: at('2026-10-02 11:00') }],
    }),
    row({
      id: 't7',
      title: 'โทรคุยเรื่องคอร์สหน้าใส',
      customer: ref('x11'),
      assignedTo: staff('p-may'),
      priority: 'high',
      dueAt: at('13:00'),
      reasons: [{ code: 'due_at', at: at('13:00') }],
    }),
    row({
      id: 't8',
      title: 'เตรียมเอกสารรับรองแพทย์',
      customer: ref('c4'),
      snoozedUntil: at('2026-10-05 09:00'),
      dueAt: at('2026-10-05 09:00'),
      reasons: [{ code: 'due_at', at: at('2026-10-05 09:00') }],
    }),
    row({
      id: 't9',
      title: 'คืนบัตรประชาชนที่ลืมไว้',
      customer: ref('x3'),
      status: 'completed',
      completedAt: at('2026-09-30 18:05'),
      reasons: [],
    }),
  ];
}

export function appointments(customer: string): Appointment[] {
  const visit = (id: string, date: string, startTime: string, endTime: string, status: string, service: string) => ({
    id,
    date,
    startTime,
    endTime,
    status,
    kind: 'treatment',
    room: 'ห้อง 1',
    staff: 'คุณเอ',
    service,
  });
  if (customer === 'c1') {
    return [
      visit('v3', '2026-10-01', '10:30', '11:30', 'confirmed', 'HydraFacial ครั้งที่ 3'),
      visit('v2', '2026-09-14', '11:00', '11:52', 'completed', 'HydraFacial ครั้งที่ 2'),
      visit('v1', '2026-08-27', '14:00', '14:55', 'completed', 'HydraFacial ครั้งที่ 1'),
    ];
  }
  if (customer === 'c3') return [visit('v4', '2026-10-01', '11:00', '12:00', 'scheduled', 'Skin consultation')];
  return [];
}

export function ledger(customer: string): FakeEntry[] {
  const entry = (
    id: string,
    kind: string,
    amount: number,
    when: string,
    description: string,
    expires: string | null,
  ): FakeEntry => ({
    id,
    kind,
    amount,
    description,
    at: at(when),
    expiresAt: expires ? at(`${expires} 23:59`) : null,
    isWaiting: false,
  });
  if (customer === 'c1') {
    return [
      entry('e1', 'earned', 1140, '2026-08-20 15:30', 'INV-0988', '2027-12-31'),
      entry('e3', 'redeemed', -300, '2026-05-11 12:00', 'มาสก์บำรุงผิว', null),
      entry('e2', 'earned', 400, '2025-10-31 12:00', 'INV-0641', '2026-10-31'),
    ].map((line) => (line.id === 'e2' ? { ...line, amount: 100 } : line));
  }
  if (customer === 'c5') {
    return [
      entry('e6', 'redeemed', -300, '2026-09-20 12:00', 'ส่วนลด', null),
      entry('e5', 'earned', 399, '2026-09-12 12:00', 'INV-1001', '2028-09-12'),
    ];
  }
  return [];
}

export function notifications(): NotificationRow[] {
  const row = (
    id: string,
    kind: string,
    title: string,
    message: string,
    when: string,
    actionUrl: string,
    isRead = false,
  ) => ({
    id,
    kind,
    title,
    message,
    priority: (kind === 'hot_lead' ? 'high' : 'medium') as NotificationRow['priority'],
    actionUrl,
    createdAt: at(when),
    isRead,
  });
  return [
    row('n1', 'hot_lead', 'ลีดร้อน: มายด์', 'ตอบ LINE ถามโปรเลเซอร์ · จากโฆษณา LINE', '10:12', '/leads/l1'),
    row('n2', 'followup_due', 'ถึงเวลาติดตาม: มุก วันที่ 3', 'โทรถามอาการ', '10:00', '/customers/c5'),
    row('n3', 'task_assigned', 'งานใหม่จากดาว', 'ตรวจชื่อซ้ำ ปานวาด ทองใบ', '09:12', '/tasks/t3', true),
    row('n4', 'hot_lead', 'ลีดร้อน: ณิชา', 'เมย์รับแล้ว', '2026-09-30 16:40', '/today', true),
  ];
}

export function conflict(): AttentionRow {
  return {
    id: 'q1',
    name: 'customer.edit',
    code: 'changed_meanwhile',
    subject: 'กมลชนก วงษ์ทอง',
    customerId: 'x4',
    at: at('10:31'),
    by: 'นก',
    sides: [{ field: 'phone', yours: '081-765-4321', theirs: '081-765-1234', by: 'บีม', at: null }],
    input: [{ field: 'phone', value: '081-765-4321' }],
    canRetry: true,
  };
}

export function refusal(): AttentionRow {
  return {
    id: 'q2',
    name: 'task.complete',
    code: 'task_already_closed',
    subject: 'โทรยืนยันนัด ศิริพร มณี',
    customerId: 'x2',
    at: at('10:35'),
    by: 'นก',
    sides: [],
    input: [{ field: 'note', value: 'ยืนยันแล้ว มาตรงเวลา' }],
    canRetry: false,
  };
}
