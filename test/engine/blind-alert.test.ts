import { describe, expect, it } from 'vitest';
import { AlertBook } from '../../src/engine/alert-book.ts';
import { filledAlert } from '../../src/engine/blind-alert.ts';
import type { Alert } from '../../src/model/index.ts';
import { anAlert } from '../support/alert.ts';

const known: Alert = anAlert({
  count: 3,
  revision: 7,
  severity: 'medium',
  firstSeen: 100,
  lastSeen: 200,
  reason: 'known',
});

describe('an alert of which a log file shows more', () => {
  it.each([1, 2, 3])('stays as it is where the file shows %d of its 3', (count) =>
    expect(filledAlert(known, { ...known, count, severity: 'critical' })).toBeUndefined(),
  );

  it('becomes the next revision, over both spans', () => {
    const found = {
      ...known,
      count: 5,
      revision: 2,
      severity: 'high',
      firstSeen: 50,
      lastSeen: 150,
      reason: 'more',
    } as const;
    expect(filledAlert(known, found)).toEqual({ ...found, revision: 8, lastSeen: 200 });
  });

  it('never becomes milder', () => {
    const found = { ...known, count: 5, severity: 'low', reason: 'milder' } as const;
    expect(filledAlert(known, found)).toMatchObject({ count: 5, severity: 'medium', reason: 'known', revision: 8 });
  });

  it('is handed out once, beside the stored one or alone', () => {
    const book = new AlertBook(10);
    expect(book.adopt(known, undefined)).toBe('created');
    expect(book.adopt({ ...known, count: 4 }, undefined)).toBe('updated');
    expect(book.takeChanged()).toMatchObject([{ id: known.id, count: 4, revision: 8 }]);
    expect(book.takeChanged()).toEqual([]);
    expect(book.adopt({ ...known, count: 4 }, { ...known, count: 4 })).toBe('known');
    expect(book.takeChanged()).toEqual([]);
  });
});
