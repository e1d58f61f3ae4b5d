import { describe, inject } from 'vitest';

type Service = 'kafka' | 'elasticsearch';
const LABEL: Readonly<Record<Service, string>> = {
  kafka: 'a real Kafka broker',
  elasticsearch: 'a real Elasticsearch',
};

/**
 * A `describe` that needs real servers: gets their addresses, in the order asked for, and is skipped where one cannot be had. The
 * closing line of `npm test` finds the reason by the title's "on a real …".
 */
export function describeOn(services: readonly Service[], title: string, body: (...addresses: string[]) => void): void {
  const offers = services.map((name) => inject(name));
  const addresses = offers.map((offer) => (offer && 'address' in offer ? offer.address : undefined));
  const where = services.map((each) => LABEL[each]).join(' and ');
  describe.skipIf(addresses.includes(undefined))(`${title}, on ${where}`, () => {
    body(...addresses.map((each) => each ?? 'nowhere'));
  });
}
