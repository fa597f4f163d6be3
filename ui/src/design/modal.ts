let opened = 0;

/** Says on the html element whether a dialog is open: a toast makes room for its buttons. */
function count(change: number): void {
  opened += change;
  document.documentElement.toggleAttribute('data-modal', opened > 0);
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
