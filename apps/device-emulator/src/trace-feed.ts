import type { ResolvedTrace } from '@faultline/contracts';
import type { AccessDraw } from '@faultline/domain';
import type { AccessFeed } from './access-feed';

/** Replaced below once the trace reader is there. */
export class TraceFeed implements AccessFeed {
  ready = false;
  done = true;
  constructor(workload: ResolvedTrace, onReady: () => void, onError: (error: Error) => void) {
    void workload; void onReady; void onError;
  }
  take(): Pick<AccessDraw, 'page' | 'offset' | 'permissions'> {
    throw new Error('empty');
  }
  close(): void {
    this.done = true;
  }
}
