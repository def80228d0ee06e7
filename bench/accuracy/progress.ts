/** How far a run is, on stderr: one line every few seconds and at the end of each part. */
export class Progress {
  #part = '';
  #from = { done: 0, at: 0 };
  #shownAt = 0;

  readonly show = (what: string, done: number, total: number): void => {
    const now = performance.now();
    if (what !== this.#part) {
      this.#part = what;
      this.#from = { done: done - 1, at: this.#shownAt || now }; // the first of a part is shown when it is done
    }
    if (done < total && now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    const perSecond = (1000 * (done - this.#from.done)) / Math.max(1, now - this.#from.at);
    const left = done < total ? `, ${Math.ceil((total - done) / perSecond)} s left` : '';
    console.error(total > 0 ? `${what}: ${done}/${total}${left}` : `${what}...`);
  };
}

const EVERY_MS = 5000;
