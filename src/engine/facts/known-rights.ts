import type { BindingFacts } from './bindings.ts';
import type { RoleFacts } from './roles.ts';

/** What roles and bindings are known to be. */
export interface Known {
  readonly roles: RoleFacts;
  readonly bindings: BindingFacts;
}
