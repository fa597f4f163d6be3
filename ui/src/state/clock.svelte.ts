/**
 * One clock for the window. It ticks once a second and only texts follow it. The backend's `now` sets the difference to this
 * web view's clock, so that a test clock or a corrected one in Rust is the only truth.
 */
class Clock {
  now = $state(Date.now());
  #ahead = 0;

  /** Takes the backend's time as the truth. */
  set(now: number): void {
    this.#ahead = now - Date.now();
    this.now = now;
  }

  /** Starts ticking; `onbeat` hears every second. Returns how to stop. */
  run(onbeat: () => void): () => void {
    const timer = setInterval(() => {
      this.now = Date.now() + this.#ahead;
      onbeat();
    }, 1000);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
