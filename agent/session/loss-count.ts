/** Counts why records are missing or unusable, by cause. Pure. */
import type { Loss } from '../trace/order.ts';
import type { LossView } from '../wire/view.ts';

export class LossCount {
  #gap = 0;
  #tail = 0;
  #malformed = 0;
  #late = 0;
  #lastMalformed: string | null = null;

  lost(loss: Loss): void {
    if (loss.cause === 'gap') this.#gap += loss.count;
    else this.#tail += loss.count;
  }

  malformed(line: string): void {
    this.#malformed++;
    this.#lastMalformed = line.slice(0, 200);
  }

  late(): void {
    this.#late++;
  }

  /** @param missed returns that the model never saw */
  view(missed: number): LossView {
    return {
      missed,
      gap: this.#gap,
      tail: this.#tail,
      malformed: this.#malformed,
      late: this.#late,
      lastMalformed: this.#lastMalformed,
    };
  }
}
