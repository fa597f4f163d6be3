/** While a dialog on a customer's money is open the desk holds every toast that is not urgent. Called by such a dialog, once. */
import { onMount } from 'svelte';
import { call } from '../backend';

/** Dialogs that are open: one may lie over another. */
let open = 0;

async function tell(isOpen: boolean): Promise<void> {
  // Locked meanwhile: the desk holds nothing then.
  await call('with_customer', { isOpen }).catch(() => undefined);
}

export function whileWithCustomer(): void {
  onMount(() => {
    open += 1;
    if (open === 1) void tell(true);
    return () => {
      open -= 1;
      if (open === 0) void tell(false);
    };
  });
}
