import type { Logger } from '../model/index.ts';

/** What befell the logs of a source since it started. */
export type FileCounters = {
  /** Followed files that were truncated. */
  truncated: number;
  /** Times that reading could not go on where it was left. */
  restarted: number;
  /** Lines (and values over many lines) that were too long. */
  overlong: number;
  /** NUL bytes in holes, passed over. */
  holeBytes: number;
  /** Files with damaged gzip data. */
  damaged: number;
  /** Rotated files that were gone, or forbidden, before they were read. */
  lostFiles: number;
  /** Bytes on disk of those, and of what stood behind damage. */
  lostBytes: number;
};

/** All at nothing. */
export const fileCounters = (): FileCounters => ({
  truncated: 0,
  restarted: 0,
  overlong: 0,
  holeBytes: 0,
  damaged: 0,
  lostFiles: 0,
  lostBytes: 0,
});

/** Which file, and where in it. */
export interface FilePlace {
  readonly path: string;
  readonly offset: number;
}

/** What a file holds that is passed over. */
interface PassedOver {
  readonly overlong: number;
  readonly holes: number;
}

/** Counts what befalls a log and tells of it in plain words, of what comes often now and then only. */
export class FileTrouble {
  readonly #log: Logger;
  readonly #counters: FileCounters;
  #seen: PassedOver = { overlong: 0, holes: 0 };
  #told: PassedOver = { overlong: 0, holes: 0 };

  constructor(log: Logger, counters: FileCounters) {
    this.#log = log;
    this.#counters = counters;
  }

  truncated(place: FilePlace): void {
    this.#counters.truncated++;
    this.#log.warn(place, 'a followed file was truncated; going on in its copy, or else at its beginning');
  }

  /** `isTold`: why is known already. */
  restarted(place: FilePlace, reason: string, isTold: boolean): void {
    if (isTold) return;
    this.#counters.restarted++;
    this.#log.warn({ ...place, reason }, 'cannot go on where it was left; reading from the beginning');
  }

  /** The gzip data is damaged from here on; `unread` bytes of the file are lost, as far as known. */
  damaged(place: FilePlace, reason: string, unread: number | undefined): void {
    this.#counters.damaged++;
    this.#counters.lostBytes += unread ?? 0;
    this.#log.warn(
      { ...place, reason, ...(unread !== undefined && { unread }) },
      'the gzip data is damaged from here on',
    );
  }

  /** A whole file goes unread. */
  lost(path: string, unread: number, message: string): void {
    this.#counters.lostFiles++;
    this.#counters.lostBytes += unread;
    this.#log.warn({ path, unread }, message);
  }

  /** Another file is read from now on. */
  begin(): void {
    this.#seen = { overlong: 0, holes: 0 };
    this.#told = this.#seen;
  }

  /** What was passed over in this file so far, each in all. Told the first time, and whenever it is twice as much. */
  passedOver(place: FilePlace, { overlong, holes }: PassedOver): void {
    this.#counters.overlong += overlong - this.#seen.overlong;
    this.#counters.holeBytes += holes - this.#seen.holes;
    this.#seen = { overlong, holes };
    if (isWorthTelling(overlong, this.#told.overlong)) {
      this.#told = { ...this.#told, overlong };
      this.#log.warn({ ...place, overlong }, 'a line is too long and was cut');
    }
    if (isWorthTelling(holes, this.#told.holes)) {
      this.#told = { ...this.#told, holes };
      this.#log.warn({ ...place, bytes: holes }, 'passed over a hole in the file: NUL bytes, no text');
    }
  }
}

const isWorthTelling = (now: number, told: number): boolean => now > told && now >= 2 * told;
