/** The secret that a page must show: made anew for each run, kept in memory alone. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 32 random bytes as hex. */
export const createToken = (): string => randomBytes(32).toString('hex');

/** Compares in a time that tells nothing about where two tokens differ, nor about their lengths. */
export const sameToken = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
