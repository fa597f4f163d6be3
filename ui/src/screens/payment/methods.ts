/** How money changes hands, in the order of their digits. */
import Banknote from '@lucide/svelte/icons/banknote';
import CreditCard from '@lucide/svelte/icons/credit-card';
import Landmark from '@lucide/svelte/icons/landmark';
import QrCode from '@lucide/svelte/icons/qr-code';
import type { Method } from '../../backend/bindings/Method';
import { m } from '../../i18n';

export const METHODS: readonly Method[] = ['cash', 'card', 'promptpay', 'transfer'];

const NAMES: Record<Method, () => string> = {
  cash: m.pay_cash,
  card: m.pay_card,
  promptpay: m.pay_promptpay,
  transfer: m.pay_transfer,
};
export const METHOD_ICONS = { cash: Banknote, card: CreditCard, promptpay: QrCode, transfer: Landmark };

export const methodName = (method: Method): string => NAMES[method]();
