import type { Count, Family, Slots } from './families';
import { PathMetrics } from './path-metrics';
import { PortMetrics } from './port-metrics';

/** What a process counts, over all laboratories that it serves, for who asks for its metrics. */
export class Meters {
  readonly path = new PathMetrics();
  readonly ports = new PortMetrics();

  get families(): readonly (Family<Count> | Family<Slots>)[] {
    return [...this.path.families, ...this.ports.families];
  }
}
