// What a question to BTF gives, and one answer out of those of several types with the same name.

/** There is none, or the BTF contradicts itself there; `why` is a sentence for people. */
export interface Missing {
  readonly kind: 'missing';
  readonly why: string;
}

/** Several types with that name answer differently, so none of them is taken. */
export interface Ambiguous {
  readonly kind: 'ambiguous';
  readonly why: string;
}

export type Answer<Found extends { readonly kind: 'found' }> = Found | Missing | Ambiguous;

/** 6.12 has no name more than six times; a hostile BTF could make each of many repetitions costly to read. */
const MOST_CANDIDATES = 100;

/**
 * The one answer that all types of a name give. BTF often holds the same struct several times, spelled the same or
 * not; that is no reason to refuse as long as they agree on what was asked.
 */
export function agreed<Found extends { readonly kind: 'found' }>(
  question: string,
  ids: readonly number[],
  ask: (id: number) => Answer<Found>,
): Answer<Found> {
  if (ids.length > MOST_CANDIDATES) return ambiguous(`BTF has ${ids.length} types for ${question}`);
  const [first, ...rest] = ids.map(ask);
  if (first === undefined) return missing(`BTF has no ${question}`);
  const same = rest.every((answer) => answer.kind === first.kind && isSame(answer, first));
  return same ? first : ambiguous(`BTF has ${ids.length} types for ${question}, and they disagree`);
}

export function missing(why: string): Missing {
  return { kind: 'missing', why };
}

export function ambiguous(why: string): Ambiguous {
  return { kind: 'ambiguous', why };
}

// Two that are missing for reasons that are worded differently are both missing.
function isSame(one: Answer<{ kind: 'found' }>, other: Answer<{ kind: 'found' }>): boolean {
  return one.kind !== 'found' || comparable(one) === comparable(other);
}

// Enum values are bigint, which JSON does not take.
function comparable(answer: unknown): string {
  return JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
}
