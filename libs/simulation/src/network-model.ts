import type { Spread } from '@faultline/domain';

/** How the bus between the processes behaves when nothing in particular is wrong. Model microseconds. */
export interface NetworkModel {
  /** From a process to the bus, or back. */
  hopMicros: Spread;
  /** Until the log has stored a message. */
  storeMicros: Spread;
  /** Probability that a request, or its reply, is lost; its sender notices when its patience ends. */
  loss: number;
  /** Probability that a request arrives twice. */
  duplication: number;
  /** Probability that a message lags, so that what is sent later on other subjects overtakes it. */
  reordering: number;
  /** How long who waits for an answer that was lost waits before he notices. */
  patienceMicros: number;
}

/** A bus that costs next to nothing, so that what the hardware and the handlers cost is what is seen. */
export const QUICK_NETWORK: NetworkModel = {
  hopMicros: { median: 0.1, p99: 0.1 },
  storeMicros: { median: 0.1, p99: 0.1 },
  loss: 0,
  duplication: 0,
  reordering: 0,
  patienceMicros: 1_000,
};
