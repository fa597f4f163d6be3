/** Locks the window after minutes without a key or a pointer. Counted from wall time: a sleeping PC or a throttled timer locks on return. */

const CHECK_MS = 1000;

export function watchIdle(minutes: () => number, lock: () => void): () => void {
  let last = Date.now();
  const touched = () => (last = Date.now());
  const check = () => {
    if (minutes() <= 0 || Date.now() - last < minutes() * 60_000) return;
    touched();
    lock();
  };
  // A key that arrives after the time is over must not extend it.
  const keyed = () => {
    check();
    touched();
  };
  const timer = setInterval(check, CHECK_MS);
  window.addEventListener('keydown', keyed, true);
  window.addEventListener('pointerdown', keyed, true);
  window.addEventListener('pointermove', keyed, true);
  return () => {
    clearInterval(timer);
    window.removeEventListener('keydown', keyed, true);
    window.removeEventListener('pointerdown', keyed, true);
    window.removeEventListener('pointermove', keyed, true);
  };
}
