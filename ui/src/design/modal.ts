/** Opens a <dialog> over everything while it is there, and gives the focus back to where it was. */
export function modal(node: HTMLDialogElement): () => void {
  const before = document.activeElement;
  node.showModal();
  return () => {
    // The platform gives the focus back on close, but not when the dialog leaves the document at the same moment.
    node.close();
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
}
