let opened = 0;
let liesOver: boolean | undefined;

/** Whether scroll bars lie over what they scroll, and take no room of it. */
function barsLieOver(): boolean {
  const probe = document.createElement('div');
  Object.assign(probe.style, { position: 'absolute', width: '40px', overflow: 'scroll', visibility: 'hidden' });
  document.body.append(probe);
  const lies = probe.offsetWidth === probe.clientWidth;
  probe.remove();
  return lies;
}

/**
 * Says on the html element whether a dialog is open: a toast makes room for its buttons, and bars that lie over what they scroll are not shown behind it,
 * because WebKitGTK paints them through the dialog.
 */
function count(change: number): void {
  opened += change;
  liesOver ??= barsLieOver();
  document.documentElement.toggleAttribute('data-modal', opened > 0);
  document.documentElement.toggleAttribute('data-bars-over', liesOver && opened > 0);
}

/** Opens a <dialog> over everything while it is there, and gives the focus back to where it was. */
export function modal(node: HTMLDialogElement): () => void {
  const before = document.activeElement;
  node.showModal();
  count(1);
  return () => {
    // The platform gives the focus back on close, but not when the dialog leaves the document at the same moment.
    node.close();
    count(-1);
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
}
