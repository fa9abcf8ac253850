/** What a detector says: a verdict on one task at one instant, before it is counted and numbered. */
import type { Holder, Task } from '../model/frames.ts';
import type { FindingView } from '../wire/view.ts';

export interface Suspicion {
  readonly kind: FindingView['kind'];
  readonly severity: FindingView['severity'];
  /** Two suspicions of one kind with the same root are one finding, seen twice. */
  readonly root: string;
  readonly title: string;
  readonly rule: string;
  readonly consequence: string;
  readonly holder: Holder;
  readonly task: Task;
  /** Further tasks without which it would not be so: their stacks are evidence too. */
  readonly others: readonly Task[];
}
