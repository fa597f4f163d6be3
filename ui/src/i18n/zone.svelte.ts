/**
 * The zone of the clinic's clock, as the backend tells it: every time on the screen is by it, wherever the PC stands. The web view's own
 * zone data says how far it is from UTC at an instant.
 */
const QUARTER = 900_000;

class Zone {
  #name = $state('Asia/Bangkok');
  #clock = formatter('Asia/Bangkok');
  /** By quarter of an hour, at whose bounds zones change: a list asks for the same few again and again. */
  #known = new Map<number, number>();

  get name(): string {
    return this.#name;
  }

  /** A zone that this web view does not know changes nothing. */
  set name(name: string) {
    if (name === this.#name) return;
    try {
      this.#clock = formatter(name);
    } catch {
      return;
    }
    this.#known.clear();
    this.#name = name;
  }

  /** How many milliseconds its clock is ahead of UTC at an instant. */
  ahead(ms: number): number {
    // Read so that whatever shows a time follows a change.
    void this.#name;
    const quarter = Math.floor(ms / QUARTER);
    if (!Number.isFinite(quarter)) return 0;
    const known = this.#known.get(quarter);
    if (known !== undefined) return known;
    const ahead = shown(this.#clock, quarter * QUARTER) - quarter * QUARTER;
    this.#known.set(quarter, ahead);
    return ahead;
  }
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  const two = '2-digit';
  const time = { hour: two, minute: two, second: two, hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    year: 'numeric',
    month: two,
    day: two,
    ...time,
  });
}

/** What a clock shows, counted as if it were UTC. */
function shown(clock: Intl.DateTimeFormat, ms: number): number {
  const of = Object.fromEntries(clock.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(of.year ?? 0, (of.month ?? 1) - 1, of.day, of.hour, of.minute, of.second);
}

export const zone = new Zone();
