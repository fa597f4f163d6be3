/** The customer's own screen of the fake clinic. */
import type { DisplayBill } from '../bindings/DisplayBill';
import type { DisplayDue } from '../bindings/DisplayDue';
import type { DisplayShown } from '../bindings/DisplayShown';
import type { DisplayStanding } from '../bindings/DisplayStanding';
import type { FakeClinic } from './clinic';
import { redeemPreviewOf } from './loyalty';
import { codeOf } from './payments';
import { CLINIC } from './people';

export interface FakeDisplay {
  isOpen: boolean;
  customer: string | null;
  bill: DisplayBill | null;
  question: { id: string; points: number; reward: string | null; answer: boolean | null } | null;
}

export const closed = (): FakeDisplay => ({ isOpen: false, customer: null, bill: null, question: null });

export function standing({ display }: FakeClinic): DisplayStanding {
  return { isOpen: display.isOpen, question: display.question?.id ?? null, answer: display.question?.answer ?? null };
}

/** Changes it and tells the windows. */
export function change(clinic: FakeClinic, part: Partial<FakeDisplay>): DisplayStanding {
  Object.assign(clinic.display, part);
  clinic.tell('display');
  return standing(clinic);
}

export function shown(clinic: FakeClinic): DisplayShown {
  const { display } = clinic;
  const of = display.isOpen && clinic.me && display.customer ? clinic.customer(display.customer) : undefined;
  const base = {
    clinic: CLINIC,
    day: clinic.clinicDay,
    language: clinic.settings.language,
    guest: null,
    question: null,
    due: null,
  };
  if (!of) return base;
  const { tier, available } = redeemPreviewOf(clinic, of, 0);
  const ends = redeemPreviewOf(clinic, of, available).takes;
  const guest = { name: of.nickname ?? of.fullName, tier, available, ends };
  if (!display.question) return { ...base, guest, due: display.bill && dueOf(clinic, display.bill) };
  const { id, points, reward, answer } = display.question;
  const { availableAfter, takes, rewards, worth } = redeemPreviewOf(clinic, of, points);
  const named = rewards.find((offer) => offer.id === reward)?.name ?? null;
  return {
    ...base,
    guest,
    question: { id, points, availableAfter, takes, reward: named, worth: named ? 0 : worth, answer },
  };
}

const dueOf = (clinic: FakeClinic, bill: DisplayBill): DisplayDue => ({ bill, qr: codeOf(clinic, bill) });

export function answer(clinic: FakeClinic, question: string, yes: boolean): DisplayShown {
  if (clinic.display.question?.id === question) {
    change(clinic, { question: { ...clinic.display.question, answer: yes } });
  }
  return shown(clinic);
}
