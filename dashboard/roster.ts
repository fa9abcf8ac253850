/** Tasks come and go within a blink; the roster is what is shown of them: each stays a while after it became idle (pure). */
import type { Update } from '../agent/wire/message.ts';
import { type State, taskKey } from '../agent/wire/state.ts';
import type { TaskView } from '../agent/wire/view.ts';

export interface Card {
  readonly key: string;
  /** The task, or its last view while it had something on its stack. */
  readonly task: TaskView;
  /** Since when its stack is empty, on the page's clock; null while it is not. */
  readonly idleSinceMs: number | null;
  /** Frames of its deepest stack so far: the card keeps that room, so that those below it stand still. */
  readonly deepest: number;
}
/** In the order in which the tasks were first seen. */
export type Roster = readonly Card[];

/** How long a task stays after it became idle. */
export const lingerMs = 2000;

/** The roster after an update; a task that came and went within it is shown as idle with the stack it had. */
export function followUpdate(roster: Roster, update: Update, atMs: number): Roster {
  const restarted = new Set(update.restarted);
  const cards = new Map(roster.filter((card) => !restarted.has(card.task.node)).map((card) => [card.key, card]));
  for (const task of update.tasks) show(cards, task, atMs);
  for (const idle of update.idle) rest(cards, taskKey(idle), atMs);
  return withoutLeft([...cards.values()], atMs);
}

/** The roster after a fresh start from a whole state: known tasks keep their places. */
export function followSnapshot(roster: Roster, state: State, atMs: number): Roster {
  const cards = new Map(roster.map((card) => [card.key, card]));
  for (const card of roster) if (!state.tasks.has(card.key)) rest(cards, card.key, atMs);
  for (const task of state.tasks.values()) show(cards, task, atMs);
  return withoutLeft([...cards.values()], atMs);
}

/** The roster without those that have been idle for `lingerMs`; the same object when there is none. */
export function withoutLeft(roster: Roster, atMs: number): Roster {
  const stays = (card: Card): boolean => card.idleSinceMs === null || atMs - card.idleSinceMs < lingerMs;
  return roster.every(stays) ? roster : roster.filter(stays);
}

/** At most `most` cards, those that wait before others, yet in the roster's order. */
export function shownCards(roster: Roster, most: number): Roster {
  if (roster.length <= most) return roster;
  const waiting = new Set(roster.filter((card) => waits(card)).slice(0, most));
  let room = most - waiting.size;
  return roster.filter((card) => waiting.has(card) || room-- > 0);
}

/** True when the task waits for a glock now. */
export const waits = (card: Card): boolean =>
  card.idleSinceMs === null && card.task.frames.some((frame) => frame.kind === 'holder' && frame.phase === 'waiting');

function show(cards: Map<string, Card>, task: TaskView, atMs: number): void {
  const key = taskKey(task);
  if (task.frames.length === 0) rest(cards, key, atMs);
  else {
    const deepest = Math.max(task.frames.length, cards.get(key)?.deepest ?? 0);
    cards.set(key, { key, task, idleSinceMs: null, deepest });
  }
}

function rest(cards: Map<string, Card>, key: string, atMs: number): void {
  const card = cards.get(key);
  if (card !== undefined && card.idleSinceMs === null) cards.set(key, { ...card, idleSinceMs: atMs });
}
