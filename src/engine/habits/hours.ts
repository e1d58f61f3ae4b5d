import { HOUR, type Micros } from '../../model/index.ts';

/** Number of the hour that a time lies in. */
export const hourOf = (time: Micros): number => Math.floor(time / HOUR);

/**
 * The hours in which something was seen: how many, the first and the last. Each counts once, however often it is seen in it: nobody
 * teaches quickly. An hour that arrives one late still counts, so that the order of arrival around its border changes nothing.
 */
export interface Hours {
  count: number;
  since: number;
  last: number;
  /** Whether the hour before the last is among them. */
  before: boolean;
}

export const firstHour = (hour: number): Hours => ({ count: 1, since: hour, last: hour, before: false });

/** Takes one more sighting in; false where that changes nothing. */
export function addHour(hours: Hours, hour: number): boolean {
  if (hour > hours.last) {
    hours.before = hours.last === hour - 1;
    hours.last = hour;
    hours.count += 1;
    return true;
  }
  if (hour !== hours.last - 1 || hours.before) return false;
  hours.before = true;
  hours.since = Math.min(hours.since, hour);
  hours.count += 1;
  return true;
}

/** How many of them lie before that hour. For hours long past it is the least it can have been. */
export function hoursBefore(hours: Hours, hour: number): number {
  if (hour > hours.last) return hours.count;
  if (hour === hours.last) return hours.count - 1;
  const left = hours.count - 1 - Number(hours.before);
  return hour === hours.last - 1 ? left : Math.max(0, left - (hours.last - 1 - hour));
}
