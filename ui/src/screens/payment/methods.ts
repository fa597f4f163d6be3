/** How money changes hands, in the order of their digits. */
import Banknote from '@lucide/svelte/icons/banknote';
import CreditCard from '@lucide/svelte/icons/credit-card';
import HandCoins from '@lucide/svelte/icons/hand-coins';
import Landmark from '@lucide/svelte/icons/landmark';
import QrCode from '@lucide/svelte/icons/qr-code';
import type { HeldAs } from '../../backend/bindings/HeldAs';
import type { Method } from '../../backend/bindings/Method';
import { m } from '../../i18n';

export const METHODS: readonly Method[] = ['cash', 'card', 'promptpay', 'transfer'];

const NAMES: Record<Method, () => string> = {
  cash: m.pay_cash,
  card: m.pay_card,
  promptpay: m.pay_promptpay,
  transfer: m.pay_transfer,
  held: m.pay_held,
};
export const METHOD_ICONS = {
  cash: Banknote,
  card: CreditCard,
  promptpay: QrCode,
  transfer: Landmark,
  held: HandCoins,
};

export const methodName = (method: Method): string => NAMES[method]();

/** As what money is held, in the order of their digits, after the bill of today. */
export const KINDS: readonly (HeldAs | null)[] = [null, 'deposit', 'gift_card'];
export const kindName = (kind: HeldAs | null): string =>
  kind === null ? m.pay_for_bill() : kind === 'deposit' ? m.pay_for_deposit() : m.pay_for_gift_card();
