import type { Bus } from './bus';

/** The services that carry out a run. */
export interface Crew {
  /** Line for the user: who they are. */
  readonly names: string;
  /** Makes sure that they can be had, before anything is made on the server. */
  hire(bus: Bus): Promise<void>;
  /** They begin to serve the laboratory, whose streams are there by now. */
  begin(bus: Bus): Promise<void>;
  /** Who or what is not there yet, with what is known of it; empty when the run can start. */
  missing(): string[];
  /** Where to look when they do not come. */
  readonly whereToLook: string;
  /** They stop serving the laboratory. Resolves when they have, with those that did not do so in order. */
  dismiss(failed: boolean): Promise<string[]>;
  /** Nothing of the laboratory is left on the server: others may have the services. */
  release(): Promise<void>;
}
