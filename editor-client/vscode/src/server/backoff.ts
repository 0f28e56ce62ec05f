// How long to wait before a server that ended by itself is started again.

/** The longest that one wait gets, in seconds. */
const LONGEST = 30;

/** How many times in a row a server may end before it is left alone. */
const ATTEMPTS = 6;

/** A server that has run for so long ended for a reason of its own, in milliseconds. */
const CALM = 3 * 60 * 1000;

export class Backoff {
  #times = 0;
  #last = 0;

  /** Seconds to wait: 1, 2, 4 and so on; undefined when it is enough.  `now` is in milliseconds. */
  next(now: number): number | undefined {
    if (now - this.#last > CALM) this.#times = 0;
    this.#last = now;
    if (this.#times >= ATTEMPTS) return undefined;
    this.#times += 1;
    return Math.min(LONGEST, 2 ** (this.#times - 1));
  }

  /** The user starts it by hand: what was is no matter. */
  forget(): void {
    this.#times = 0;
  }
}
