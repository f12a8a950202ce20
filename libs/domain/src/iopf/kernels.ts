import { createG1, type G1Generation } from './g1';
import { createG2 } from './g2';
import type { IopfGeneration, IopfGenerationName } from './generation';

/** The 2021 generation as it was merged: responses match by number, and the driver answers what the layer refuses. */
export const G1: G1Generation = createG1({ growsStacks: true, answersUnattached: false });

/** The present generation: handlers belong to attachments, responses to groups, and the layer answers what it refuses. */
export const G2: IopfGeneration = createG2({ repeatsAnswers: false });

/** The generations by name. */
export const GENERATIONS: Readonly<Record<IopfGenerationName, IopfGeneration>> = { G1, G2 };

/** Recorded kernels of the 2021 generation. They differ in the named choices, and in nothing else. */
export const G1_KERNELS: Readonly<Record<G1KernelName, G1Generation>> = {
  'v5.13': G1,
  'v6.1.192': createG1({ growsStacks: false, answersUnattached: true }),
};

/** Recorded kernels of the present generation. */
export const G2_KERNELS: Readonly<Record<G2KernelName, IopfGeneration>> = {
  'v7.1-merge-window': G2,
  'v6.12.117': createG2({ repeatsAnswers: true }),
};

/** Names of the recorded kernels. */
export type G1KernelName = 'v5.13' | 'v6.1.192';
export type G2KernelName = 'v7.1-merge-window' | 'v6.12.117';
