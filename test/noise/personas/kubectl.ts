import { KUBECTL } from '../cluster.ts';
import { ask, say, stream } from '../request.ts';
import { user, type Who } from '../who.ts';
import { SECOND, type Story, type World } from '../world.ts';

/** A person with kubectl: each command asks for more than one would think. */
export class Kubectl {
  who: Who;
  readonly #world: World;
  readonly #persona: string;
  readonly #name: string;
  readonly #groups: readonly string[];
  #knowsServer = 0;

  constructor(
    world: World,
    persona: string,
    name: string,
    groups: readonly string[],
    address: string,
    agent = KUBECTL,
  ) {
    this.#world = world;
    this.#persona = persona;
    this.#name = name;
    this.#groups = groups;
    this.who = user(world, persona, name, groups, address, agent);
  }

  /** Goes on from elsewhere, perhaps with another machine. */
  move(address: string, agent = KUBECTL): void {
    this.who = user(this.#world, this.#persona, this.#name, this.#groups, address, agent);
    this.#knowsServer = 0;
  }

  /** Discovery, when the cache of a few hours is too old. */
  discover(): void {
    if (this.#world.now < this.#knowsServer) return;
    this.#knowsServer = this.#world.now + 6 * 3_600 * SECOND;
    for (const path of ['/api', '/apis', '/openapi/v3', '/version']) ask(this.#world, this.who, path);
  }

  get(resource: string, namespace: string, name = '', code = 200): void {
    this.discover();
    say(this.#world, this.who, name === '' ? 'list' : 'get', resource, namespace, name, {
      code,
      ...(name === '' && { query: 'limit=500' }),
    });
  }

  do(verb: string, resource: string, namespace: string, name: string, manager: string, body?: unknown): void {
    this.discover();
    say(this.#world, this.who, verb, resource, namespace, name, {
      query: `fieldManager=kubectl-${manager}`,
      ...(body !== undefined && { body }),
    });
  }

  /** apply: reads what is there, then patches or makes it. */
  apply(resource: string, namespace: string, name: string): void {
    this.get(resource, namespace, name);
    this.do('patch', resource, namespace, name, 'client-side-apply');
  }

  describe(namespace: string, pod: string): void {
    this.get('pods', namespace, pod);
    say(this.#world, this.who, 'list', 'events', namespace, '', {
      query: `fieldSelector=involvedObject.name%3D${pod}&limit=500`,
    });
  }

  canI(verb: string, resource: string, namespace: string): void {
    this.discover();
    say(this.#world, this.who, 'create', 'selfsubjectaccessreviews', '', '', {
      body: { kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { namespace, verb, resource } } },
    });
  }

  *exec(
    namespace: string,
    pod: string,
    container: string,
    command: readonly string[],
    lasts: number,
    tty = false,
  ): Story {
    this.get('pods', namespace, pod);
    const words = command.map((word) => `command=${encodeURIComponent(word).replaceAll('%20', '+')}`).join('&');
    yield* stream(this.#world, this.who, 'get', 'pods/exec', namespace, pod, lasts, {
      query: `${words}&container=${container}&${tty ? 'stdin=true&stdout=true&tty=true' : 'stderr=true&stdout=true'}`,
      code: 101,
    });
  }

  *forward(namespace: string, pod: string, lasts: number): Story {
    this.get('pods', namespace, pod);
    yield* stream(this.#world, this.who, 'get', 'pods/portforward', namespace, pod, lasts, { code: 101 });
  }

  *logs(namespace: string, pod: string, lasts: number): Story {
    this.get('pods', namespace, pod);
    yield* stream(this.#world, this.who, 'get', 'pods/log', namespace, pod, lasts, {
      query: 'container=api&follow=true',
    });
  }
}
